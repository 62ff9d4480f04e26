"""Whatever comes: a ride that obeys the rules, or a RideError; nothing else."""

import json
import math
from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import event, example, given
from hypothesis import strategies as st

from scoring.errors import InvalidRide, RideError
from scoring.rides.decoder import decode_ride, decode_rides
from scoring.rides.ride import Ride

NAMES = ("PULocationID", "DOLocationID", "trip_distance", "ride_id")
VALID = b'{"PULocationID": 130, "DOLocationID": 205, "trip_distance": 3.66, "ride_id": "gr\xc3\xb6\xc3\x9fe"}'

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(-1, 267) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
zones = st.integers(1, 265)
miles = st.floats(0, allow_nan=False, allow_infinity=False)
ids = st.text(st.characters(codec="utf-8"), min_size=1, max_size=128)
valid_rides = st.builds(Ride, zones, zones, miles) | st.builds(Ride, zones, zones, miles, ids)


def outcome(payload: bytes) -> Ride | RideError:
    """The ride, or the error with which it was refused; any other error is the test's failure."""
    try:
        return decode_ride(payload)
    except RideError as error:
        return error


def decoded(payload: bytes) -> Ride | None:
    """The ride, whose rules are checked here anew; None where it was refused."""
    ride = outcome(payload)
    event(type(ride).__name__)
    if isinstance(ride, InvalidRide):
        assert ride.field in NAMES
        assert str(ride) == f"{ride.field}: {ride.reason}"
        assert len(ride.reason) < 200
    if isinstance(ride, RideError):
        return None
    assert type(ride.PULocationID) is int
    assert type(ride.DOLocationID) is int
    assert 1 <= ride.PULocationID <= 265
    assert 1 <= ride.DOLocationID <= 265
    assert type(ride.trip_distance) is float
    assert math.isfinite(ride.trip_distance)
    assert ride.trip_distance >= 0
    if ride.ride_id is not msgspec.UNSET:
        assert 1 <= len(ride.ride_id) <= 128
        ride.ride_id.encode()
    payload.decode()
    return ride


@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_arbitrary_bytes(payload: bytes) -> None:
    decoded(payload)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys((*NAMES, "ignored"), anything)))
@example({"PULocationID": 130, "DOLocationID": 205, "trip_distance": 10**5_000 // 10**4_600})
def test_arbitrary_json_under_the_names_of_the_fields(fields: dict[str, Any]) -> None:
    ride = decoded(json.dumps(fields).encode())  # with NaN, Infinity and \ud800 as Python writes them
    if ride is not None:
        assert not isinstance(fields["PULocationID"], bool)
        assert ride.PULocationID == fields["PULocationID"]
        assert ride.DOLocationID == fields["DOLocationID"]
        assert ride.trip_distance == float(fields["trip_distance"])


@given(
    zones | st.just(True),
    zones.map(float) | st.floats(0, 300),
    miles | st.integers(),
    st.one_of(anything, ids),
)
def test_rides_with_one_doubtful_field_are_read_exactly_when_all_obey(
    pickup: int, dropoff: float, distance: float, ride_id: Any
) -> None:
    payload = {"PULocationID": pickup, "DOLocationID": dropoff, "trip_distance": distance, "ride_id": ride_id}
    obeys = (
        pickup is not True
        and dropoff.is_integer()
        and 1 <= dropoff <= 265
        and distance >= 0
        and isinstance(ride_id, str)
        and 1 <= len(ride_id) <= 128
        and not any("\ud800" <= character <= "\udfff" for character in ride_id)
    )
    assert (decoded(json.dumps(payload, ensure_ascii=True).encode()) is not None) == obeys


def _replaced(payload: bytes, place: int, new: bytes, length: int) -> bytes:
    start = place % (len(payload) + 1)
    return payload[:start] + new + payload[start + length :]


mutation: st.SearchStrategy[Callable[[bytes], bytes]] = st.builds(
    lambda place, new, length: lambda payload: _replaced(payload, place, new, length),
    st.integers(0, len(VALID)),
    st.binary(max_size=3) | st.sampled_from([b'"', b"{", b"}", b",", b"-", b".", b"e9", b"0", b"\\u", b"null", b"NaN"]),
    st.integers(0, 5),
)


@given(st.lists(mutation, min_size=1, max_size=4))
def test_mutations_of_a_valid_ride(mutations: list[Callable[[bytes], bytes]]) -> None:
    payload = VALID
    for mutate in mutations:
        payload = mutate(payload)
    decoded(payload)


@given(valid_rides)
def test_a_valid_ride_survives_its_json_whoever_writes_it(ride: Ride) -> None:
    assert decode_ride(msgspec.json.encode(ride)) == ride
    fields = msgspec.to_builtins(ride)
    assert decode_ride(json.dumps(fields).encode()) == ride
    assert decode_ride(json.dumps(fields, ensure_ascii=False, indent=1).encode()) == ride


@given(valid_rides)
def test_ids_as_pandas_writes_them_beside_nulls_are_the_same_ride(ride: Ride) -> None:
    fields = msgspec.to_builtins(ride)
    floats = fields | {"PULocationID": float(ride.PULocationID), "DOLocationID": float(ride.DOLocationID)}
    assert decode_ride(json.dumps(floats).encode()) == ride


payloads = (
    valid_rides.map(msgspec.json.encode)
    | valid_rides.map(lambda ride: json.dumps(msgspec.to_builtins(ride), ensure_ascii=False).encode())
    | st.binary(max_size=20)
    | st.dictionaries(st.sampled_from(NAMES), anything).map(lambda fields: json.dumps(fields).encode())
)


@given(st.lists(payloads, max_size=8), st.integers(0, 300))
@example([b"[" * 5_000, VALID], 0)
@example([VALID[:-1], VALID, b"\xff"], 249)
@example([VALID[:-1] + b', "ignored": "\xff"}', VALID], 0)
def test_many_are_decoded_as_each_alone(some: list[bytes], valid_before: int) -> None:
    every = [VALID] * valid_before + some
    rides, failures = decode_rides(every)
    alone = [ride_or_refusal(payload) for payload in every]
    found = iter(rides)
    assert [told(failures[place]) if place in failures else next(found) for place in range(len(every))] == alone
    assert next(found, None) is None


def ride_or_refusal(payload: bytes) -> Ride | tuple[str, str]:
    try:
        return decode_ride(payload)
    except RideError as error:
        return told(error)


def told(error: RideError) -> tuple[str, str]:
    return type(error).__name__, str(error)
