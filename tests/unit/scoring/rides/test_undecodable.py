"""Bytes that are not one JSON object in UTF-8."""

import pytest

from scoring.errors import UndecodableRide
from scoring.rides.decoder import decode_ride
from scoring.rides.ride import Ride

FIELDS = b'"PULocationID": 130, "DOLocationID": 205, "trip_distance": 3.66'
DEEP = 100_000


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"", "Input data was truncated"),
        (b" \n", "Input data was truncated"),
        (b"{", "Input data was truncated"),
        (b"{" + FIELDS, "Input data was truncated"),
        (b"{" + FIELDS + b"}}", "JSON is malformed: trailing characters"),
        (b"{" + FIELDS + b"} {" + FIELDS + b"}", "JSON is malformed: trailing characters"),
        (b"{" + FIELDS + b",}", "JSON is malformed: trailing comma"),
        (b"\xef\xbb\xbf{" + FIELDS + b"}", r"JSON is malformed: invalid character \(byte 0\)"),
        (b"\x00", r"JSON is malformed: invalid character \(byte 0\)"),
        (b"PULocationID=130", "JSON is malformed"),
        (b"{'PULocationID': 130}", "JSON is malformed: object keys must be strings"),
        (b"[]", "must be one JSON object, not a list"),
        (b"[{" + FIELDS + b"}]", "must be one JSON object, not a list"),
        (b"130", "must be one JSON object, not 130"),
        (b'"130"', "must be one JSON object, not the string '130'"),
        (b"null", "must be one JSON object, not null"),
        (b"true", "must be one JSON object, not the boolean true"),
        (b"1e400", "must be one JSON object, not something else"),
        (b"[" * DEEP, "must be one JSON object, not something else"),
    ],
    ids=lambda value: str(value[:30]),
)
def test_what_is_no_json_object_is_undecodable(payload: bytes, message: str) -> None:
    with pytest.raises(UndecodableRide, match=f"^{message}"):
        decode_ride(payload)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_other_encodings_are_undecodable(encoding: str) -> None:
    with pytest.raises(UndecodableRide):
        decode_ride(('{"ride_id": "é", ' + FIELDS.decode() + "}").encode(encoding))


@pytest.mark.parametrize("field", ["ride_id", "PULocationID", "trip_distance", "ignored"])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"\xff", "invalid start byte"),
        (b"\xe9", "invalid continuation byte"),  # Latin-1
        (b"\xc0\xaf", "invalid start byte"),  # overlong
        (b"\xed\xa0\x80", "invalid continuation byte"),  # a lone surrogate
        (b"\xf5\x80\x80\x80", "invalid start byte"),  # beyond Unicode
    ],
)
def test_broken_utf_8_is_undecodable_in_known_and_in_ignored_fields(field: str, text: bytes, reason: str) -> None:
    payload = b"{" + FIELDS + b', "' + field.encode() + b'": "' + text + b'"}'
    with pytest.raises(UndecodableRide, match=f"^not UTF-8: {reason} at byte {payload.index(text)}$"):
        decode_ride(payload)


def test_broken_utf_8_is_undecodable_in_a_field_name_and_inside_ignored_objects() -> None:
    for extra in (b'"\xff": 1', b'"ignored": {"a": ["\xff"]}'):
        with pytest.raises(UndecodableRide, match=r"^not UTF-8: invalid start byte"):
            decode_ride(b"{" + FIELDS + b", " + extra + b"}")


@pytest.mark.parametrize("field", [b"ride_id", b"PULocationID", b"ignored"])
@pytest.mark.parametrize("text", [rb"\ud800", rb"\udc00", rb"\ud800\ud800", rb"a\ud83dz and more of it"])
def test_a_lone_surrogate_is_undecodable(field: bytes, text: bytes) -> None:
    with pytest.raises(UndecodableRide):
        decode_ride(b"{" + FIELDS + b', "' + field + b'": "' + text + b'"}')


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
@pytest.mark.parametrize("field", [b"ignored", b"PULocationID", b"ride_id"])
def test_deep_nesting_is_undecodable_wherever_it_is(field: bytes, opening: bytes) -> None:
    closing = b"]" if opening == b"[" else b"}"
    nested = opening * DEEP + b"1" + closing * DEEP
    with pytest.raises(UndecodableRide, match=r"^nested too deeply$"):
        decode_ride(b"{" + FIELDS + b', "' + field + b'": ' + nested + b"}")


def test_moderate_nesting_in_an_ignored_field_is_ignored() -> None:
    assert decode_ride(b'{"ignored": ' + b"[" * 100 + b"]" * 100 + b", " + FIELDS + b"}") == Ride(130, 205, 3.66)
