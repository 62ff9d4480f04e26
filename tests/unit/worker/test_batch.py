"""Gathering: until a batch is full by rides, bytes or time, all under one membership."""

from collections.abc import Callable, Sequence

import pytest

from scoring.errors import BrokerUnavailable
from worker.batch import Batch, BatchLimits, gather
from worker.clients.client import Membership, Partition, Place, Polled
from worker.clients.memory_broker import MemoryRecord

FIRST, SECOND = Membership("group", 1, "member"), Membership("group", 2, "member")
LIMITS = BatchLimits(rides=10, size_bytes=1_000_000, seconds=1.0)

NewRecord = Callable[..., MemoryRecord]


class Script:
    """A consumer that gives what it is told, in turn, and nothing after that; a clock that moves with each poll."""

    def __init__(self, *polls: Polled | Exception, seconds_a_poll: float = 0.1) -> None:
        self._polls = list(polls)
        self._seconds_a_poll = seconds_a_poll
        self.asked: list[tuple[float, int]] = []
        self.rewound = 0
        self.now = 100.0

    def poll(self, timeout_seconds: float, max_records: int) -> Polled:
        self.asked.append((timeout_seconds, max_records))
        self.now += self._seconds_a_poll
        polled = self._polls.pop(0) if self._polls else Polled({}, FIRST)
        if isinstance(polled, Exception):
            raise polled
        return polled

    def rewind(self) -> None:
        self.rewound += 1

    def clock(self) -> float:
        return self.now


def polled(records: Sequence[MemoryRecord], membership: Membership = FIRST) -> Polled:
    by_partition: dict[Partition, list[MemoryRecord]] = {}
    for record in records:
        by_partition.setdefault(Partition(record.topic, record.partition), []).append(record)
    return Polled(by_partition, membership)


def gathered(
    script: Script, limits: BatchLimits = LIMITS, stopping: Callable[[], bool] = lambda: False
) -> Batch | None:
    return gather(script, limits, 0.5, stopping, script.clock)


def test_nothing_in_time_is_no_batch() -> None:
    script = Script()
    assert gathered(script) is None
    assert script.asked == [(0.5, 10)]


def test_polls_until_there_are_enough_rides_and_never_asks_for_more(record: NewRecord) -> None:
    rides = [record(offset=offset) for offset in range(10)]
    script = Script(polled(rides[:4]), polled(rides[4:7]), polled(rides[7:]))
    batch = gathered(script)
    assert batch == Batch(rides, FIRST)
    assert [most for _seconds, most in script.asked] == [10, 6, 3]


def test_the_poll_that_passes_the_bytes_is_the_last(record: NewRecord) -> None:
    rides = [record(offset=offset, value=b"x" * 40) for offset in range(9)]
    script = Script(polled(rides[:2]), polled(rides[2:4]), polled(rides[4:]))
    batch = gathered(script, BatchLimits(rides=100, size_bytes=150, seconds=1.0))
    assert batch is not None
    assert [each.offset for each in batch.records] == [0, 1, 2, 3]


def test_a_single_ride_above_the_bytes_is_a_batch_of_its_own(record: NewRecord) -> None:
    script = Script(polled([record(value=b"x" * 5_000)]), polled([record(offset=1043)]))
    batch = gathered(script, BatchLimits(rides=100, size_bytes=1_000, seconds=1.0))
    assert batch is not None
    assert len(batch.records) == 1


def test_tombstones_have_no_bytes_and_count_as_rides(record: NewRecord) -> None:
    script = Script(polled([record(value=None, offset=offset) for offset in range(3)]))
    batch = gathered(script, BatchLimits(rides=3, size_bytes=1, seconds=1.0))
    assert batch is not None
    assert len(batch.records) == 3
    assert len(script.asked) == 1


def test_time_runs_from_the_first_record(record: NewRecord) -> None:
    script = Script(*(polled([record(offset=offset)]) for offset in range(9)), seconds_a_poll=0.3)
    batch = gathered(script)
    assert batch is not None
    assert [each.offset for each in batch.records] == [0, 1, 2, 3, 4], "at 0.0, 0.3, 0.6, 0.9 and 1.2 s"
    assert [round(seconds, 6) for seconds, _most in script.asked] == [0.5, 1.0, 0.7, 0.4, 0.1]


def test_without_time_the_first_poll_is_the_batch(record: NewRecord) -> None:
    script = Script(polled([record()]), polled([record(offset=1043)]))
    batch = gathered(script, BatchLimits(rides=100, size_bytes=1_000_000, seconds=0.0))
    assert batch is not None
    assert len(batch.records) == 1
    assert len(script.asked) == 1


def test_stopping_closes_a_batch_that_has_begun(record: NewRecord) -> None:
    script = Script(polled([record()]), polled([record(offset=1043)]))
    batch = gathered(script, stopping=lambda: True)
    assert batch is not None
    assert [each.offset for each in batch.records] == [1042]


def test_a_rebalance_gives_everything_back(record: NewRecord) -> None:
    """What is kept is read again from its first record; what was newly given, from where its poll began."""
    script = Script(
        polled([record(partition=0, offset=5), record(partition=0, offset=6), record(partition=1, offset=9)]),
        polled([record(partition=0, offset=7), record(partition=2, offset=30)], SECOND),
    )
    assert gathered(script) is None
    assert script.rewound == 1, "to committed offsets: a partition may have gone, been worked on, and come back"


@pytest.mark.parametrize("lost", [Membership("group", -1, ""), Membership("group", 1, "another")], ids=str)
def test_a_lost_membership_gives_everything_back_even_without_records(lost: Membership, record: NewRecord) -> None:
    script = Script(polled([record(offset=5)]), Polled({}, lost))
    assert gathered(script) is None
    assert script.rewound == 1


def test_a_poll_that_fails_is_told_to_the_worker_who_rewinds(record: NewRecord) -> None:
    script = Script(polled([record(offset=5), record(offset=6)]), BrokerUnavailable("gone"))
    with pytest.raises(BrokerUnavailable, match="gone"):
        gathered(script)


def test_the_next_offset_is_one_past_the_last_record_of_a_partition(record: NewRecord) -> None:
    places = [(0, 5), (1, 9), (0, 6), (0, 8), (1, 12)]  # offsets may have gaps: aborted records and markers
    batch = Batch([record(partition=partition, offset=offset) for partition, offset in places], FIRST)
    assert batch.next_offsets == {Partition("rides", 0): 9, Partition("rides", 1): 13}


def test_what_is_wrong_with_records_is_kept_over_polls(record: NewRecord) -> None:
    places = [Place("rides", 3, offset) for offset in (5, 6)]
    polls = [
        Polled({Partition("rides", 3): [record(offset=place.offset)]}, FIRST, {place: "damaged"}) for place in places
    ]
    batch = gather(script := Script(*polls), LIMITS, 0.5, clock=script.clock)
    assert batch is not None
    assert batch.faults == dict.fromkeys(places, "damaged")
