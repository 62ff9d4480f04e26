"""The rules of a ride, and how a refused value is described."""

import math
from typing import Any

import pytest

from scoring.errors import InvalidRide
from scoring.rides.ride import described, valid_miles, valid_ride_id, valid_zone


@pytest.mark.parametrize("value", [1, 130, 264, 265, 130.0, 265.0])
def test_a_whole_number_in_range_is_a_zone(value: float) -> None:
    zone = valid_zone("PULocationID", value)
    assert zone == value
    assert type(zone) is int


@pytest.mark.parametrize("value", [0, -1, 266, 130.5, 10**30, 1e30, math.nan, math.inf, -math.inf, True, "130", None])
def test_anything_else_is_no_zone(value: Any) -> None:
    with pytest.raises(InvalidRide) as refused:
        valid_zone("DOLocationID", value)
    assert refused.value.field == "DOLocationID"
    assert refused.value.reason == f"must be a whole number from 1 to 265, not {described(value)}"


@pytest.mark.parametrize("value", [0, 3.66, 293_931, 1.7e308])
def test_a_finite_number_from_zero_up_is_a_distance(value: float) -> None:
    miles = valid_miles("trip_distance", value)
    assert miles == value
    assert type(miles) is float


@pytest.mark.parametrize(
    "value", [-0.01, -1, math.nan, math.inf, -math.inf, 10**400, -(10**400), False, "3.66", None, [1.0], {}]
)
def test_anything_else_is_no_distance(value: Any) -> None:
    with pytest.raises(InvalidRide) as refused:
        valid_miles("trip_distance", value)
    assert refused.value.field == "trip_distance"
    assert refused.value.reason == f"must be a finite number of miles, zero or more, not {described(value)}"


@pytest.mark.parametrize("value", ["a", "x" * 128, "🚕" * 128, "\u0000"])
def test_1_to_128_characters_are_a_ride_id(value: str) -> None:
    assert valid_ride_id("ride_id", value) == value


@pytest.mark.parametrize(
    ("value", "found"), [("", "one of 0"), ("x" * 129, "one of 129"), (5, "5"), (None, "null"), (["a"], "a list")]
)
def test_anything_else_is_no_ride_id(value: Any, found: str) -> None:
    with pytest.raises(InvalidRide) as refused:
        valid_ride_id("ride_id", value)
    assert (refused.value.field, refused.value.reason) == (
        "ride_id",
        f"must be a string of 1 to 128 characters, not {found}",
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "null"),
        (True, "the boolean true"),
        (False, "the boolean false"),
        ("3.66", "the string '3.66'"),
        ("x" * 41, f"the string '{'x' * 40}...'"),
        ([1], "a list"),
        ((1,), "a list"),
        ({"a": 1}, "an object"),
        (-1, "-1"),
        (130.5, "130.5"),
        (math.nan, "nan"),
        (2**128 - 1, f"{2**128 - 1}"),
        (10**400, "a number of 1329 bits"),
        pytest.param(10**5_000, "a number of 16610 bits", id="too long for str()"),
    ],
)
def test_values_are_described_in_words_of_json(value: Any, expected: str) -> None:
    assert described(value) == expected
    assert len(described(value)) <= 60
