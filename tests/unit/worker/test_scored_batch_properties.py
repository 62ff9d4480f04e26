"""Whatever a batch holds, each of its records comes out once, in its place."""

import json
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import RideError
from scoring.prediction import decode_prediction
from scoring.rides.decoder import decode_ride
from scoring.scorer import Scorer
from worker.batch import Batch
from worker.clients.memory_broker import MemoryRecord
from worker.dead_letter import header
from worker.scored_batch import score_batch

_numbers = st.integers() | st.floats() | st.booleans() | st.none() | st.text(max_size=5)
_zones = st.integers(1, 265) | _numbers
_rides = st.fixed_dictionaries(
    {"PULocationID": _zones, "DOLocationID": _zones, "trip_distance": st.floats(0, 1e6) | _numbers},
    optional={"ride_id": st.text(max_size=140) | _numbers},
)
_valid = st.fixed_dictionaries(
    {"PULocationID": st.integers(1, 265), "DOLocationID": st.integers(1, 265), "trip_distance": st.floats(0, 1e3)}
)
_values = (_valid | _rides).map(lambda ride: json.dumps(ride).encode()) | st.none() | st.binary(max_size=30)
_headers = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "ridescore.source", "__connect.errors.topic"]), st.binary(max_size=3) | st.none()
    ),
    max_size=4,
)
_records = st.lists(
    st.tuples(_values, st.none() | st.binary(max_size=4), st.integers(-1, 2**42), _headers, st.integers(0, 2)),
    max_size=25,
)


@given(_records, st.sets(st.integers(0, 24)))
def test_each_record_comes_out_once_in_its_place(
    batch_of: Callable[..., Batch], scorer: Scorer, rows: list[tuple], too_large: set[int]
) -> None:
    records = [
        MemoryRecord("rides", partition, place, time, key, value, headers)
        for place, (value, key, time, headers, partition) in enumerate(rows)
    ]
    found = score_batch(batch_of(*records), scorer, "predictions", "letters", too_large)
    assert len(found.outgoing) == len(records)
    assert len(found.predictions) + found.reasons.total() == len(records)
    for place, (record, outgoing) in enumerate(zip(records, found.outgoing, strict=True)):
        assert outgoing.key == record.key
        assert outgoing.timestamp_ms == (record.timestamp if record.timestamp >= 0 else None)
        assert all(isinstance(value, bytes) for _name, value in outgoing.headers), "a null header cannot be sent"
        assert (outgoing.key, outgoing.value) != (None, None), "nor a record with neither key nor value"
        own = [name for name, _value in record.headers if name in ("a", "b")]
        assert [name for name, _value in outgoing.headers if name in ("a", "b")] == own
        if outgoing.topic == "predictions":
            ride = decode_ride(record.value or b"")
            prediction = decode_prediction(outgoing.value or b"")
            assert (prediction.duration, prediction.known_route) == scorer.model.score_ride(ride)
            assert outgoing.partition == record.partition
            assert header(outgoing.headers, "ridescore.source") == f"rides-{record.partition}-{place}"
            assert place not in too_large
        else:
            assert outgoing.value == record.value or (record.value, outgoing.value) == (None, b"")
            assert header(outgoing.headers, "__connect.errors.offset") == str(place)
            assert header(outgoing.headers, "ridescore.reason") == expected_reason(record, place in too_large)


def expected_reason(record: MemoryRecord, too_large: bool) -> str:
    if too_large:
        return "too-large"
    if record.value is None:
        return "tombstone"
    try:
        decode_ride(record.value)
    except RideError as error:
        return {"UndecodableRide": "undecodable", "InvalidRide": "invalid-ride"}[type(error).__name__]
    return "model-failed"
