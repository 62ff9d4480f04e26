"""Columns are judged as the strict decoder judges rides one by one, whatever their types."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import InvalidRide
from scoring.rides.decoder import decode_ride
from scoring.rides.judged import fault_of, judge
from scoring.rides.ride import Ride

whole = st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 300) | st.sampled_from([0, 1, 265, 266])
floats = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(
    [0.0, -0.0, 1.0, 1.5, 130.0, 265.0, 265.5, 1e17, -1e-300, 1.7e308]
)
numbers = {
    pa.int64(): whole,
    pa.int32(): st.integers(-(2**31), 2**31 - 1) | st.integers(-3, 300),
    pa.uint64(): st.integers(0, 2**64 - 1) | st.integers(0, 300),
    pa.int8(): st.integers(-128, 127),
    pa.float64(): floats,
    pa.float32(): st.floats(width=32, allow_nan=False, allow_infinity=False) | st.sampled_from([130.0, 1.5]),
}
ids = (
    st.none()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
    | st.integers(120, 140).map(lambda n: "é" * n)
)


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """Some rows, each column of a type of its own, with nulls."""
    n = draw(st.integers(0, 12))
    columns: dict[str, Any] = {}
    for name in ("PULocationID", "DOLocationID", "trip_distance"):
        kind = draw(st.sampled_from(list(numbers)))
        columns[name] = pa.array(draw(st.lists(st.none() | numbers[kind] | st.just(7), min_size=n, max_size=n)), kind)
    if draw(st.booleans()):
        columns["ride_id"] = pa.array(draw(st.lists(ids, min_size=n, max_size=n)), pa.string())
    return columns


def decoded(columns: dict[str, Any], row: int) -> Ride | InvalidRide:
    fields = {name: column[row].as_py() for name, column in columns.items()}
    if fields.get("ride_id") is None:
        fields.pop("ride_id", None)  # a null in a file is as none
    try:
        return decode_ride(json.dumps(fields).encode())
    except InvalidRide as error:
        return error


@given(rows())
def test_any_columns_are_judged_as_the_decoder_judges_each_ride(columns: dict[str, Any]) -> None:
    judged = judge(columns)
    for row, sound in enumerate(judged.sound):
        expected = decoded(columns, row)
        assert sound == isinstance(expected, Ride)
        if isinstance(expected, Ride):
            assert (judged.columns.pickup_zones[row], judged.columns.dropoff_zones[row]) == (
                expected.PULocationID,
                expected.DOLocationID,
            )
            assert judged.columns.distances_miles[row].tobytes() == np.float64(expected.trip_distance).tobytes()
        else:
            field = next(name for name, broken in judged.broken.items() if broken[row])
            assert str(fault_of(field, columns[field][row].as_py())) == str(expected)


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]
)
def test_text_is_read_as_the_number_that_it_writes(kind: Any) -> None:
    zones = pa.array(["130", " 130.0 ", "1.3e2", "+7", "130.5", "0", "266", "", "x", None, "NaN"]).cast(kind)
    miles = pa.array(["3.66", "0", "-0.0", "1e2", ".5", "-1", "inf", "", "1,5", None, "NaN"]).cast(kind)
    ones = pa.array([1] * 11)
    by_zone = judge({"PULocationID": zones, "DOLocationID": ones, "trip_distance": ones})
    assert by_zone.columns.pickup_zones.tolist() == [130, 130, 130, 7, 0, 0, 0, 0, 0, 0, 0]
    by_miles = judge({"PULocationID": ones, "DOLocationID": ones, "trip_distance": miles})
    assert by_miles.sound.tolist() == [True] * 5 + [False] * 6
    assert by_miles.columns.distances_miles[:5].tolist() == [3.66, 0.0, -0.0, 100.0, 0.5]


@pytest.mark.parametrize(
    "values", [pa.array([True]), pa.array([[130]]), pa.array([b"130"]), pa.nulls(1), pa.array([1], pa.timestamp("us"))]
)
def test_what_is_no_number_is_no_zone_and_no_distance(values: Any) -> None:
    one = pa.array([1])
    assert not judge({"PULocationID": values, "DOLocationID": one, "trip_distance": one}).sound.any()
    assert not judge({"PULocationID": one, "DOLocationID": one, "trip_distance": values}).sound.any()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_is_refused(value: float) -> None:
    one, odd = pa.array([1]), pa.array([value])
    assert not judge({"PULocationID": odd, "DOLocationID": one, "trip_distance": one}).sound.any()
    assert not judge({"PULocationID": one, "DOLocationID": one, "trip_distance": odd}).sound.any()


def test_ids_that_are_no_text_are_refused_and_null_ones_are_as_none() -> None:
    one = pa.array([1, 1])
    judged = judge({"PULocationID": one, "DOLocationID": one, "trip_distance": one, "ride_id": pa.array([17, None])})
    assert judged.sound.tolist() == [False, True]


def test_decimals_are_numbers() -> None:
    from decimal import Decimal

    zones = pa.array([Decimal("130.00"), Decimal("1.50")])
    judged = judge({"PULocationID": zones, "DOLocationID": zones, "trip_distance": zones})
    assert judged.sound.tolist() == [True, False]
