"""The decoder refuses what breaks a rule, with the field and the reason, and never guesses."""

import json
from typing import Any

import pytest

from scoring.errors import InvalidRide, UndecodableRide
from scoring.rides.decoder import decode_ride
from scoring.rides.ride import Ride

VALID = {"PULocationID": "130", "DOLocationID": "205", "trip_distance": "3.66"}
ZONE = "must be a whole number from 1 to 265, not "
MILES = "must be a finite number of miles, zero or more, not "
RIDE_ID = "must be a string of 1 to 128 characters, not "


def payload(**fields: str) -> bytes:
    """A valid ride's JSON with these fields' JSON text put in, or added."""
    return ("{" + ", ".join(f'"{name}": {text}' for name, text in {**VALID, **fields}.items()) + "}").encode()


WRONG_TYPES = [
    ('"130"', "the string '130'"),
    ("true", "the boolean true"),
    ("false", "the boolean false"),
    ("null", "null"),
    ("[130]", "a list"),
    ('{"id": 130}', "an object"),
    ("[]", "a list"),
    ("{}", "an object"),
]


@pytest.mark.parametrize("field", ["PULocationID", "DOLocationID"])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        *WRONG_TYPES,
        ("0", "0"),
        ("-1", "-1"),
        ("266", "266"),
        ("130.5", "130.5"),
        ("0.0", "0.0"),
        ("266.0", "266.0"),
        ("265.0000000001", "265.0000000001"),
        ("1e30", "1e+30"),
        ("1" + "0" * 30, "1" + "0" * 30),
        ("18446744073709551616", "18446744073709551616"),
        ("1" + "0" * 400, "a number of 1329 bits"),
        ('"' + "x" * 100 + '"', f"the string '{'x' * 40}...'"),
    ],
)
def test_what_is_no_zone_is_refused(field: str, text: str, found: str) -> None:
    assert refusal(payload(**{field: text})) == (field, ZONE + found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        *WRONG_TYPES,
        ('"3.66"', "the string '3.66'"),
        ("-1", "-1"),
        ("-0.01", "-0.01"),
        ("-1e308", "-1e+308"),
        ("1" + "0" * 400, "a number of 1329 bits"),
        ("-1" + "0" * 400, "a number of 1329 bits"),
    ],
)
def test_what_is_no_distance_is_refused(text: str, found: str) -> None:
    assert refusal(payload(trip_distance=text)) == ("trip_distance", MILES + found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('""', "one of 0"),
        ('"' + "x" * 129 + '"', "one of 129"),
        ('"' + "🚕" * 129 + '"', "one of 129"),
        ("null", "null"),
        ("17", "17"),
        ("1.5", "1.5"),
        ("true", "the boolean true"),
        ('["a"]', "a list"),
        ("{}", "an object"),
    ],
)
def test_what_is_no_ride_id_is_refused(text: str, found: str) -> None:
    assert refusal(payload(ride_id=text)) == ("ride_id", RIDE_ID + found)


@pytest.mark.parametrize("field", VALID)
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1e400", "cannot be read: Number out of range"),
        ("-1e400", "cannot be read: Number out of range"),
        ("1" + "0" * 5_000, "cannot be read: Integer value out of range"),
    ],
)
def test_numbers_beyond_any_float_are_refused_by_field(field: str, text: str, reason: str) -> None:
    assert refusal(payload(**{field: text})) == (field, reason)


@pytest.mark.parametrize("field", VALID)
def test_a_missing_field_is_named(field: str) -> None:
    fields = ", ".join(f'"{name}": {text}' for name, text in VALID.items() if name != field)
    assert refusal(f"{{{fields}}}".encode()) == (field, "is missing")


def test_the_first_broken_field_is_the_one_named() -> None:
    assert refusal(b"{}") == ("PULocationID", "is missing")
    assert refusal(payload(trip_distance="-1", DOLocationID="0")) == ("DOLocationID", ZONE + "0")


def test_a_float_id_beside_a_broken_field_does_not_hide_it() -> None:
    assert refusal(payload(PULocationID="130.0", trip_distance='"3.66"')) == (
        "trip_distance",
        MILES + "the string '3.66'",
    )


def test_the_error_says_field_and_reason() -> None:
    with pytest.raises(InvalidRide, match=r"^trip_distance: must be a finite number of miles, zero or more, not null$"):
        decode_ride(payload(trip_distance="null"))


@pytest.mark.parametrize("field", [*VALID, "ride_id"])
@pytest.mark.parametrize(("text", "shown"), [("NaN", "nan"), ("Infinity", "inf"), ("-Infinity", "-inf")])
def test_a_constant_that_only_python_writes_is_refused_by_its_field(field: str, text: str, shown: str) -> None:
    at_fault, reason = refusal(payload(**{field: text}))
    assert at_fault == field
    assert reason.endswith(f", not {shown}")


def test_a_constant_beside_another_fault_is_still_named_by_its_field() -> None:
    with pytest.raises(InvalidRide, match="must be a finite number of miles") as refused:
        decode_ride(b'{"PULocationID": 999, "DOLocationID": 205, "trip_distance": NaN}')
    assert refused.value.field == "trip_distance"


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_such_a_constant_elsewhere_makes_the_bytes_undecodable(text: str) -> None:
    assert "JSON is malformed: " in undecodable(payload(ignored=text))
    assert undecodable(b"[" + text.encode() + b"]")
    assert undecodable(b'{"trip_distance": ' + text.encode())


@pytest.mark.parametrize("field", [*VALID, "ride_id", "ignored"])
@pytest.mark.parametrize("text", ["nan", "01", "1.", ".5", "+1", "0x82", "'a'", ""])
def test_what_json_does_not_have_is_undecodable(field: str, text: str) -> None:
    assert "JSON is malformed: " in undecodable(payload(**{field: text}))


def refusal(content: bytes) -> tuple[str, str]:
    """The field and the reason with which a ride is refused."""
    with pytest.raises(InvalidRide) as refused:
        decode_ride(content)
    assert type(refused.value) is InvalidRide
    return refused.value.field, refused.value.reason


def undecodable(content: bytes) -> str:
    """What is said of bytes that are no JSON object."""
    with pytest.raises(UndecodableRide) as refused:
        decode_ride(content)
    return str(refused.value)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"PULocationID": "130.0", "DOLocationID": "2.05e2"}, Ride(130, 205, 3.66)),
        ({"PULocationID": "1.3e2"}, Ride(130, 205, 3.66)),
        ({"PULocationID": "1", "DOLocationID": "265"}, Ride(1, 265, 3.66)),
        ({"PULocationID": "264", "DOLocationID": "1"}, Ride(264, 1, 3.66)),
        ({"trip_distance": "0"}, Ride(130, 205, 0.0)),
        ({"trip_distance": "0.0"}, Ride(130, 205, 0.0)),
        ({"trip_distance": "293931"}, Ride(130, 205, 293_931.0)),
        ({"trip_distance": "1e308"}, Ride(130, 205, 1e308)),
        ({"trip_distance": "18446744073709551616"}, Ride(130, 205, 2.0**64)),
        ({"ride_id": '"a"'}, Ride(130, 205, 3.66, "a")),
        ({"ride_id": '"' + "x" * 128 + '"'}, Ride(130, 205, 3.66, "x" * 128)),
        ({"ride_id": '"' + "🚕" * 128 + '"'}, Ride(130, 205, 3.66, "🚕" * 128)),
        ({"ride_id": '"größe-1"'}, Ride(130, 205, 3.66, "größe-1")),
        ({"ride_id": '"\\ud83d\\ude95"'}, Ride(130, 205, 3.66, "🚕")),
        ({"PULocationID": "130.0", "ride_id": '"é"'}, Ride(130, 205, 3.66, "é")),
    ],
)
def test_what_obeys_the_rules_is_read(fields: dict[str, str], expected: Ride) -> None:
    ride = decode_ride(payload(**fields))
    assert ride == expected
    assert (type(ride.PULocationID), type(ride.DOLocationID), type(ride.trip_distance)) == (int, int, float)


@pytest.mark.parametrize(
    "value", [None, True, "text", "größe", [1, [2]], {"PULocationID": 999}, -1, 1e300, [[[[{"a": [None]}]]]]]
)
def test_fields_that_a_ride_does_not_have_are_ignored(value: Any) -> None:
    for first in ("130", "130.0"):
        content = payload(PULocationID=first, lpep_pickup_datetime=json.dumps(value), pulocationid=json.dumps(value))
        assert decode_ride(content) == Ride(130, 205, 3.66)


@pytest.mark.parametrize("first", ["1", "1.0", '"x"', "null", "0"])
def test_of_a_field_that_is_there_twice_the_last_counts(first: str) -> None:
    """As Python's json has it, and every producer that checks what it wrote with it."""
    once = payload().decode()
    assert decode_ride(once.replace("{", f'{{"PULocationID": {first}, ').encode()) == Ride(130, 205, 3.66)
    with pytest.raises(InvalidRide, match="PULocationID"):
        decode_ride(once.replace("}", ', "PULocationID": 0}').encode())
