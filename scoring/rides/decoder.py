"""The one strict decoder of JSON rides, for topics and HTTP alike.

Refuses instead of guessing: a numeric string that reached a vectorizer would become an unseen category and,
silently, a wrong duration. Never raises anything but RideError.
"""

import json
import math
from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec

from scoring.errors import InvalidRide, RideError, UndecodableRide
from scoring.rides.ride import (
    FIRST_ZONE,
    LAST_ZONE,
    Miles,
    Ride,
    RideId,
    described,
    valid_miles,
    valid_ride_id,
    valid_zone,
)

_FloatZone = Annotated[float, msgspec.Meta(ge=FIRST_ZONE, le=LAST_ZONE)]


class _FloatIdRide(msgspec.Struct, frozen=True, gc=False):
    """A ride as pandas writes it where a column once held a null: ids as 130.0."""

    PULocationID: _FloatZone
    DOLocationID: _FloatZone
    trip_distance: Miles
    ride_id: RideId | msgspec.UnsetType = msgspec.UNSET


_decode = msgspec.json.Decoder(Ride).decode
_decode_float_ids = msgspec.json.Decoder(_FloatIdRide).decode
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_any = msgspec.json.Decoder().decode

_RULES: Final = (
    ("PULocationID", valid_zone),
    ("DOLocationID", valid_zone),
    ("trip_distance", valid_miles),
    ("ride_id", valid_ride_id),
)
_OPTIONAL: Final = frozenset({"ride_id"})
_TOGETHER: Final = 250  # a ride that is refused costs that many a second decoding


def decode_ride(payload: bytes) -> Ride:
    """Decode one JSON object into a ride; fields that a ride does not have are ignored.

    Args:
        payload: the bytes as they came, UTF-8.

    Raises:
        UndecodableRide: the bytes are not UTF-8, not JSON, or not an object.
        InvalidRide: a field is missing or breaks its rule; carries the field and the reason.

    >>> decode_ride(b'{"PULocationID": 43, "DOLocationID": 151, "trip_distance": 1.8}').trip_distance
    1.8
    """
    try:
        if not payload.isascii():
            payload.decode()  # the JSON decoder does not look inside the strings of fields it skips
        return _decode(payload)
    except msgspec.ValidationError:
        return _decode_slowly(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        _name_a_constant(payload)
        raise UndecodableRide(_undecodable(error)) from None


def decode_rides(payloads: Sequence[bytes]) -> tuple[list[Ride], dict[int, RideError]]:
    """What :func:`decode_ride` gives for each of n payloads in their order, and by place what it raises for the others.

    Takes two thirds of the time.
    """
    rides: list[Ride] = []
    failures: dict[int, RideError] = {}
    for start in range(0, len(payloads), _TOGETHER):
        some = payloads[start : start + _TOGETHER]
        if all(map(bytes.isascii, some)):
            try:
                rides += list(map(_decode, some))  # a list of its own: nothing is added where one is refused
                continue
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # found again one by one, and told
                pass
        for place, payload in enumerate(some, start):
            try:
                rides.append(decode_ride(payload))
            except RideError as error:
                failures[place] = error
    return rides, failures


def _name_a_constant(payload: bytes) -> None:
    """NaN and Infinity are no JSON, but Python's json writes them: where one stands in a field of ours, name the field.

    Raises:
        InvalidRide: a field holds one.
    """
    if b"NaN" not in payload and b"Infinity" not in payload:
        return
    try:
        fields = json.loads(payload)
    except (ValueError, RecursionError):
        return
    if isinstance(fields, dict):
        for name, valid in _RULES:
            value = fields.get(name)
            if isinstance(value, float) and not math.isfinite(value):
                valid(name, value)


def _decode_slowly(payload: bytes) -> Ride:
    """Accept float ids, or find the field at fault; the fast decoder has refused the ride already."""
    try:
        ride = _decode_float_ids(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _decode_by_field(payload)
    if ride.PULocationID.is_integer() and ride.DOLocationID.is_integer():
        return Ride(int(ride.PULocationID), int(ride.DOLocationID), ride.trip_distance, ride.ride_id)
    return _decode_by_field(payload)


def _decode_by_field(payload: bytes) -> Ride:
    """Decode field by field with our own rules, so that the first that is broken can be named."""
    try:
        fields = _decode_fields(payload)
    except msgspec.ValidationError:  # well-formed JSON, another type
        raise UndecodableRide(f"must be one JSON object, not {_described_json(payload)}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        _name_a_constant(payload)
        raise UndecodableRide(_undecodable(error)) from None
    values: dict[str, Any] = {}
    for name, valid in _RULES:
        if name in fields:
            values[name] = valid(name, _field_value(name, fields[name]))
        elif name not in _OPTIONAL:
            raise InvalidRide(name, "is missing")
    return Ride(**values)


def _field_value(name: str, raw: msgspec.Raw) -> Any:
    try:
        return _decode_any(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRide(name, f"cannot be read: {_undecodable(error)}") from None


def _described_json(payload: bytes) -> str:
    try:
        return described(_decode_any(payload))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "something else"


def _undecodable(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8: {error.reason} at byte {error.start}"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return str(error)
