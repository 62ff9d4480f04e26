"""From records to what is written: a prediction or a dead letter for each."""

from collections import Counter
from collections.abc import Callable, Sequence

import pytest

from scoring.errors import ModelFailed
from scoring.models.model import Model
from scoring.prediction import decode_prediction
from scoring.rides.decoder import decode_ride
from scoring.rides.ride import Ride
from scoring.scorer import Scorer
from worker.batch import Batch
from worker.clients.client import Membership, Outgoing, Place
from worker.clients.memory_broker import MemoryRecord
from worker.dead_letter import Reason, header
from worker.scored_batch import ScoredBatch, score_batch

NewRecord = Callable[..., MemoryRecord]
NewBatch = Callable[..., Batch]


def scored(scorer: Scorer, batch: Batch, too_large: Sequence[int] = ()) -> ScoredBatch:
    return score_batch(batch, scorer, "predictions", "letters", too_large)


def reasons(outgoing: Sequence[Outgoing]) -> list[str]:
    return [header(each.headers, "ridescore.reason") for each in outgoing]


def test_a_prediction_is_what_the_model_says(record: NewRecord, batch_of: NewBatch, scorer: Scorer) -> None:
    ride = record()
    (outgoing,) = scored(scorer, batch_of(ride)).outgoing
    prediction = decode_prediction(outgoing.value or b"")
    duration, known = scorer.model.score_ride(decode_ride(ride.value or b""))
    assert (prediction.duration, prediction.known_route) == (duration, known)
    assert prediction.model_version == "v1"
    assert prediction.prediction_time == "2026-11-22T14:30:05.000000Z"


def test_a_prediction_keeps_what_its_ride_had(record: NewRecord, batch_of: NewBatch, scorer: Scorer) -> None:
    headers = [("trace", b"1"), ("ridescore.source", b"old"), ("__connect.errors.topic", b"old"), ("trace", b"2")]
    (outgoing,) = scored(scorer, batch_of(record(headers=headers))).outgoing
    assert (outgoing.topic, outgoing.partition, outgoing.key) == ("predictions", 3, b"a key")
    assert outgoing.timestamp_ms == 1_600_000_000_000
    assert outgoing.headers == [
        ("trace", b"1"),
        ("trace", b"2"),
        ("ridescore.source", b"rides-3-1042"),
        ("ridescore.model-version", b"v1"),
    ]


def test_null_headers_and_keys_do_not_stop_a_prediction(record: NewRecord, batch_of: NewBatch, scorer: Scorer) -> None:
    (outgoing,) = scored(scorer, batch_of(record(key=None, timestamp=-1, headers=[("trace", None)]))).outgoing
    assert (outgoing.topic, outgoing.key, outgoing.timestamp_ms) == ("predictions", None, None)
    assert outgoing.headers[:2] == [("trace", b""), ("ridescore.null-headers", b"trace")]


@pytest.mark.parametrize("timestamp", [0, 1])
def test_the_first_moment_of_all_is_a_time(
    timestamp: int, record: NewRecord, batch_of: NewBatch, scorer: Scorer
) -> None:
    """Zero is what producers without a clock write; only what is below it is none."""
    batch = batch_of(record(timestamp=timestamp), record(timestamp=timestamp, value=None))
    assert [each.timestamp_ms for each in scored(scorer, batch).outgoing] == [timestamp, timestamp]


def test_a_ride_without_an_id_is_named_after_its_place(
    record: NewRecord, ride_json: Callable[..., bytes], batch_of: NewBatch, scorer: Scorer
) -> None:
    predictions = scored(scorer, batch_of(record(), record(offset=7, value=ride_json(ride_id="mine")))).predictions
    assert [prediction.ride_id for prediction in predictions] == ["rides-3-1042", "mine"]


def test_every_reason_in_its_place(
    record: NewRecord, ride_json: Callable[..., bytes], batch_of: NewBatch, scorer: Scorer
) -> None:
    values = [ride_json(), b"\xff", ride_json(PULocationID=0), None, ride_json(), ride_json(), b"[]", b""]
    batch = batch_of(*(record(offset=offset, value=value) for offset, value in enumerate(values)))
    found = scored(scorer, batch, too_large=[4])
    assert reasons(found.outgoing) == [
        "",
        "undecodable",
        "invalid-ride",
        "tombstone",
        "too-large",
        "",
        "undecodable",
        "undecodable",
    ]
    assert [each.topic == "predictions" for each in found.outgoing] == [not each for each in reasons(found.outgoing)]
    assert len(found.predictions) == 2
    assert found.reasons == Counter(
        {Reason.UNDECODABLE: 3, Reason.INVALID_RIDE: 1, Reason.TOMBSTONE: 1, Reason.TOO_LARGE: 1}
    )


class FailsOnLongRides:
    """A model that raises as soon as one ride of many drives farther than ten miles."""

    def __init__(self, inner: Model) -> None:
        self._inner = inner

    def score_rides(self, rides: Sequence[Ride]) -> tuple[list[float], list[bool]]:
        if any(ride.trip_distance > 10 for ride in rides):
            raise ModelFailed("too far for this model")
        return self._inner.score_rides(rides)


def test_a_model_that_fails_costs_only_the_rides_at_fault(
    record: NewRecord, ride_json: Callable[..., bytes], batch_of: NewBatch, trained_model: Model
) -> None:
    miles = [1.0, 11.0, 2.0, 3.0, 12.0, 4.0, 5.0]
    batch = batch_of(*(record(offset=place, value=ride_json(trip_distance=far)) for place, far in enumerate(miles)))
    found = scored(Scorer(FailsOnLongRides(trained_model), "v1"), batch)
    assert reasons(found.outgoing) == ["model-failed" if far > 10 else "" for far in miles]
    assert header(found.outgoing[1].headers, "__connect.errors.exception.message") == "too far for this model"
    expected, _known = trained_model.score_rides([decode_ride(ride_json(trip_distance=far)) for far in miles])
    assert [each.duration for each in found.predictions] == [expected[place] for place in (0, 2, 3, 5, 6)]


def test_a_duration_that_is_not_finite_is_not_published(
    record: NewRecord, ride_json: Callable[..., bytes], batch_of: NewBatch, scorer: Scorer
) -> None:
    batch = batch_of(record(value=ride_json(trip_distance=1.7e308)), record(offset=1043))
    assert reasons(scored(scorer, batch).outgoing) == ["model-failed", ""]


@pytest.mark.parametrize(("miles", "suspect"), [(100.0, 0), (100.1, 1), (293_931.0, 1)])
def test_rides_beyond_belief_are_scored_and_counted(
    miles: float,
    suspect: int,
    record: NewRecord,
    ride_json: Callable[..., bytes],
    batch_of: NewBatch,
    scorer: Scorer,
) -> None:
    found = scored(scorer, batch_of(record(value=ride_json(trip_distance=miles)), record(offset=1043)))
    assert (len(found.predictions), found.suspect) == (2, suspect)


def test_a_record_that_could_not_be_parsed_is_never_scored(record: NewRecord, scorer: Scorer) -> None:
    """However valid it looks: its batch's checksum may be wrong, or a header of it unreadable."""
    records = [record(offset=5), record(offset=6, headers=[("caf\\xe9", b"1")]), record(offset=7)]
    batch = Batch(list(records), Membership("group", 1, "member"), {Place("rides", 3, 6): "not UTF-8"})
    found = scored(scorer, batch)
    first, letter, last = found.outgoing
    assert (first.topic, letter.topic, last.topic) == ("predictions", "letters", "predictions")
    assert (letter.key, letter.value, letter.headers[0]) == (b"a key", records[1].value, ("caf\\xe9", b"1"))
    assert header(letter.headers, "ridescore.reason") == "undecodable"
    assert header(letter.headers, "__connect.errors.stage") == "KAFKA_CONSUME"
    assert header(letter.headers, "__connect.errors.exception.message") == "not UTF-8"
    assert found.reasons == {Reason.UNDECODABLE: 1}
