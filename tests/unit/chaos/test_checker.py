"""The fault suite's checker catches what it is there to catch: each damage by itself, and nothing in a sound run."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.chaos.checker import TOLERANCE_MINUTES, Judgement, judge
from tests.chaos.expected import Expected, Found, Source

VERSION = "v1"
BAD = 5  # every partition's ride at this offset must become a dead letter

Reads = list[Found]
Damage = Callable[[Reads], None]


def source(partition: int, offset: int) -> Source:
    return Source("rides", partition, offset)


def expected(offset: int) -> Expected:
    reason = "invalid-ride" if offset == BAD else ""
    return Expected(
        b"key", b"{}", [("trace", None), ("kept", b"x")], 1_000 + offset, reason, 10.0 + offset, f"r-{offset}"
    )


def found(partition: int, offset: int) -> Found:
    ride = expected(offset)
    copied = [("trace", b""), ("kept", b"x")]
    if offset == BAD:
        headers = [*copied, ("ridescore.reason", b"invalid-ride"), ("__connect.errors.topic", b"rides")]
        return Found(False, 0, source(partition, offset), b"key", b"{}", headers, ride.timestamp, reason="invalid-ride")
    headers = [*copied, ("ridescore.source", str(source(partition, offset)).encode())]
    return Found(
        True,
        partition,
        source(partition, offset),
        b"key",
        b"a prediction",
        headers,
        ride.timestamp,
        minutes=ride.minutes,
        ride_id=ride.ride_id,
        version=VERSION,
    )


@pytest.fixture
def rides() -> dict[Source, Expected]:
    return {source(partition, offset): expected(offset) for partition in range(3) for offset in range(20)}


@pytest.fixture
def reads() -> Reads:
    return [found(partition, offset) for partition in range(3) for offset in range(20)]


def counts(judgement: Judgement) -> tuple[int, int, int, int]:
    return judgement.lost, judgement.duplicated, judgement.misordered, judgement.wrong


def test_a_sound_run_is_right(rides: dict[Source, Expected], reads: Reads) -> None:
    judgement = judge(rides, reads, VERSION)
    assert judgement.right
    assert judgement.rides == 60
    assert judgement.problems == []


def test_nothing_read_is_everything_lost(rides: dict[Source, Expected]) -> None:
    assert counts(judge(rides, [], VERSION)) == (60, 0, 0, 0)


@pytest.mark.parametrize("place", [0, BAD, 30, 59])
def test_a_lost_ride_is_caught(rides: dict[Source, Expected], reads: Reads, place: int) -> None:
    gone = reads.pop(place)
    judgement = judge(rides, reads, VERSION)
    assert counts(judgement) == (1, 0, 0, 0)
    assert judgement.problems == [f"lost: {gone.source}"]


@pytest.mark.parametrize("times", [1, 4])
@pytest.mark.parametrize("place", [0, BAD, 59])
def test_a_duplicated_ride_is_caught_as_often_as_it_came_again(
    rides: dict[Source, Expected], reads: Reads, place: int, times: int
) -> None:
    reads[place + 1 : place + 1] = [reads[place]] * times
    judgement = judge(rides, reads, VERSION)
    assert counts(judgement) == (0, times, 0, 0)
    assert judgement.problems == [f"duplicated: {reads[place].source}, {times + 1} times"]


def test_a_batch_written_again_is_duplicated_and_misordered(rides: dict[Source, Expected], reads: Reads) -> None:
    again = [each for each in reads[20:40] if each.is_prediction]
    assert counts(judge(rides, reads + again, VERSION)) == (0, 19, 18, 0)


def test_a_ride_that_is_both_predicted_and_dead_is_duplicated_and_wrong(
    rides: dict[Source, Expected], reads: Reads
) -> None:
    reads.append(reads[7]._replace(is_prediction=False, reason="too-large"))
    assert counts(judge(rides, reads, VERSION)) == (0, 1, 0, 1)


@pytest.mark.parametrize("first", [0, 17, 41, 58])
def test_two_rides_in_the_wrong_order_are_caught(rides: dict[Source, Expected], reads: Reads, first: int) -> None:
    reads[first], reads[first + 1] = reads[first + 1], reads[first]
    judgement = judge(rides, reads, VERSION)
    assert counts(judgement) == (0, 0, 1, 0)
    assert judgement.problems == [f"misordered: {reads[first + 1].source} after offset {reads[first].source.offset}"]


def test_partitions_may_come_in_any_order_and_interleave(rides: dict[Source, Expected], reads: Reads) -> None:
    interleaved = [reads[partition * 20 + offset] for offset in range(20) for partition in (2, 0, 1)]
    assert judge(rides, interleaved, VERSION).right


WRONG: dict[str, tuple[int, dict[str, Any], str]] = {
    "a value": (3, {"minutes": 13.0 + 2 * TOLERANCE_MINUTES}, "scikit-learn says 13.0"),
    "no number": (3, {"minutes": float("nan")}, "scikit-learn says 13.0"),
    "a neighbour's value": (3, {"minutes": 14.0}, "scikit-learn says 13.0"),
    "a model's version": (3, {"version": "v0"}, "names the model v0"),
    "a ride's id": (3, {"ride_id": "r-4"}, "is named r-4"),
    "a partition": (3, {"partition": 1}, "stands in partition 1"),
    "a key": (3, {"key": None}, "has the key None"),
    "a timestamp": (3, {"timestamp": 7}, "has the timestamp 7"),
    "headers": (3, {"headers": [("ridescore.source", b"rides-0-3")]}, "has the headers []"),
    "a source never published": (3, {"source": Source("rides", 0, 99)}, "no such ride was published"),
    "no source": (3, {"source": None}, "no such ride was published"),
    "a dead letter of a good ride": (3, {"is_prediction": False, "reason": "tombstone"}, "not a prediction"),
    "a prediction of a bad ride": (BAD, {"is_prediction": True}, "not a dead letter (invalid-ride)"),
    "a reason": (BAD, {"reason": "undecodable"}, "has the reason 'undecodable'"),
    "a dead letter's value": (BAD, {"value": b"other"}, "has the value b'other'"),
    "a dead letter without its value": (BAD, {"value": None}, "has the value None"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_caught_and_named(rides: dict[Source, Expected], reads: Reads, what: str) -> None:
    place, change, message = WRONG[what]
    reads[place] = reads[place]._replace(**change)
    judgement = judge(rides, reads, VERSION)
    assert not judgement.right
    assert judgement.wrong == 1
    assert any(message in problem for problem in judgement.problems if problem.startswith("wrong: "))
    # A record whose source is not that of a ride does not stand for one.
    assert judgement.lost == ("source" in change)


def test_an_answer_within_the_tolerance_is_right(rides: dict[Source, Expected], reads: Reads) -> None:
    reads[3] = reads[3]._replace(minutes=13.0 + TOLERANCE_MINUTES / 2)
    assert judge(rides, reads, VERSION).right


def test_a_ride_without_an_id_is_named_after_its_source(rides: dict[Source, Expected], reads: Reads) -> None:
    rides[source(0, 3)] = rides[source(0, 3)]._replace(ride_id="")
    assert judge(rides, reads, VERSION).wrong == 1
    reads[3] = reads[3]._replace(ride_id="rides-0-3")
    assert judge(rides, reads, VERSION).right


def test_only_a_record_with_neither_key_nor_value_may_get_an_empty_value(
    rides: dict[Source, Expected], reads: Reads
) -> None:
    rides[source(0, BAD)] = rides[source(0, BAD)]._replace(value=None)
    reads[BAD] = reads[BAD]._replace(value=b"")
    assert judge(rides, reads, VERSION).wrong == 1
    rides[source(0, BAD)] = rides[source(0, BAD)]._replace(key=None)
    reads[BAD] = reads[BAD]._replace(key=None)
    assert judge(rides, reads, VERSION).right


def test_many_problems_are_counted_and_a_few_shown(rides: dict[Source, Expected]) -> None:
    judgement = judge(rides, [], VERSION)
    assert judgement.lost == 60
    assert len(judgement.problems) == 6
    assert judgement.problems[-1] == "lost: and 55 more"
