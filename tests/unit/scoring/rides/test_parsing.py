"""Columns of any type: a value or null, never a guess and never an error."""

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.errors import InvalidRide
from scoring.rides.parsing import as_miles, as_times, as_zones
from scoring.rides.ride import FIRST_ZONE, LAST_ZONE, valid_miles, valid_zone

INTEGERS = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]
TEXTS = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]
ODD_TYPES: list[tuple[pa.DataType, Any]] = [
    (pa.bool_(), True),
    (pa.binary(), b"130"),
    (pa.binary(3), b"130"),
    (pa.large_binary(), b"\xff"),
    (pa.list_(pa.int64()), [130]),
    (pa.struct({"zone": pa.int64()}), {"zone": 130}),
    (pa.map_(pa.string(), pa.int64()), [("zone", 130)]),
    (pa.duration("s"), 130),
    (pa.time32("s"), 130),
    (pa.uuid(), b"0123456789abcdef"),
]


@pytest.mark.parametrize("kind", INTEGERS, ids=str)
def test_zones_of_every_integer_width(kind: pa.DataType) -> None:
    assert as_zones(pa.array([1, None, 127], kind)).equals(pa.array([1, None, 127], pa.int64()))


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.float64()], ids=str)
def test_float_zones_of_columns_that_hold_nulls(kind: pa.DataType) -> None:
    found = pa.array([130.0, None, 130.5, math.nan, math.inf, -math.inf, -0.0], kind)
    assert as_zones(found).to_pylist() == [130, None, None, None, None, None, 0]


def test_floats_beyond_what_they_hold_exactly_are_no_zones() -> None:
    assert as_zones(pa.array([2.0**53, 1e300, -1e18])).to_pylist() == [None, None, None]


def test_the_largest_unsigned_integer_does_not_wrap_round() -> None:
    assert as_zones(pa.array([2**64 - 1, 2**63, 130], pa.uint64())).to_pylist() == [None, None, 130]


def test_decimal_zones() -> None:
    found = pa.array([Decimal("130.0"), Decimal("130.5"), None], pa.decimal128(5, 1))
    assert as_zones(found).to_pylist() == [130, None, None]


@pytest.mark.parametrize("kind", TEXTS, ids=str)
def test_text_zones(kind: pa.DataType) -> None:
    found = pa.array(["130", "130.0", " 7 ", "", None, "130.5", "-1", "1e2", "0x10", "x", "٣"]).cast(kind)
    assert as_zones(found).to_pylist() == [130, 130, 7, None, None, None, None, None, None, None, None]


def test_a_column_that_is_all_null_is_null() -> None:
    nulls = pa.nulls(3)
    assert as_zones(nulls).equals(pa.nulls(3, pa.int64()))
    assert as_miles(nulls).equals(pa.nulls(3, pa.float64()))
    assert as_times(nulls).equals(pa.nulls(3, pa.timestamp("us")))


@pytest.mark.parametrize(
    ("kind", "found"), ODD_TYPES, ids=lambda each: str(each) if isinstance(each, pa.DataType) else ""
)
def test_types_that_hold_no_numbers_give_nulls(kind: pa.DataType, found: Any) -> None:
    column = pa.array([found, None], kind)
    assert as_zones(column).equals(pa.nulls(2, pa.int64()))
    assert as_miles(column).equals(pa.nulls(2, pa.float64()))
    assert as_times(column).equals(pa.nulls(2, pa.timestamp("us")))


def test_chunked_and_dictionary_columns_are_read_in_their_order() -> None:
    chunked = pa.chunked_array([pa.array(["1", "2"]), pa.array([], pa.string()), pa.array(["3"])])
    assert as_zones(chunked).to_pylist() == [1, 2, 3]
    assert as_zones(chunked.dictionary_encode()).to_pylist() == [1, 2, 3]
    assert as_zones(pa.chunked_array([], pa.int64())).to_pylist() == []
    assert as_miles(pa.chunked_array([[1.5], [None, 2.5]])).to_pylist() == [1.5, None, 2.5]


def test_miles_keep_what_readers_must_judge() -> None:
    found = as_miles(pa.array([0.0, -3.2, 293_931.0, math.inf, math.nan, None])).to_pylist()
    assert found[:4] == [0.0, -3.2, 293_931.0, math.inf]
    assert math.isnan(found[4])
    assert found[5] is None


@pytest.mark.parametrize("kind", TEXTS, ids=str)
def test_text_miles(kind: pa.DataType) -> None:
    found = pa.array(["3.66", "+5", ".5", "5.", "1E2", " 7 ", "-1", "", None, "nan", "inf", "3,66", "1_0", "0x1p3"])
    assert as_miles(found.cast(kind)).to_pylist() == [3.66, 5.0, 0.5, 5.0, 100.0, 7.0, -1.0] + [None] * 7


def test_text_beyond_the_largest_float_is_infinite_as_a_float_would_be() -> None:
    assert as_miles(pa.array(["1e400", "9" * 400])).to_pylist() == [math.inf, math.inf]


def test_miles_of_integers_and_decimals() -> None:
    assert as_miles(pa.array([2**64 - 1], pa.uint64())).to_pylist() == [float(2**64 - 1)]
    assert as_miles(pa.array([Decimal("3.66")], pa.decimal128(5, 2))).to_pylist() == [3.66]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_of_every_unit(unit: str) -> None:
    moment = datetime(2021, 1, 31, 23, 59, 59)  # noqa: DTZ001  # the TLC's times name no zone
    assert as_times(pa.array([moment, None], pa.timestamp(unit))).equals(pa.array([moment, None], pa.timestamp("us")))


def test_times_with_a_zone_are_moved_to_utc() -> None:
    moment = datetime(2021, 1, 31, 23, 59, 59, tzinfo=UTC)
    found = as_times(pa.array([moment], pa.timestamp("ms", "America/New_York")))
    assert found.equals(pa.array([moment.replace(tzinfo=None)], pa.timestamp("us")))


def test_dates_are_midnights() -> None:
    midnight = pa.array([datetime(2021, 1, 31)], pa.timestamp("us"))  # noqa: DTZ001
    assert as_times(pa.array([date(2021, 1, 31)], pa.date32())).equals(midnight)
    assert as_times(pa.array([date(2021, 1, 31)], pa.date64())).equals(midnight)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([2**62, -(2**62)], pa.timestamp("s")),
        pa.array([2**62, -(2**62)], pa.timestamp("ms")),
        pa.array([2**31 - 1, -(2**31)], pa.int32()).cast(pa.date32()),
    ],
    ids=["seconds", "milliseconds", "days"],
)
def test_times_too_far_off_for_microseconds_do_not_wrap_round(column: pa.Array) -> None:
    assert as_times(column).equals(pa.nulls(2, pa.timestamp("us")))


@pytest.mark.parametrize("kind", TEXTS, ids=str)
@pytest.mark.parametrize(
    "text",
    [
        "2021-01-31 23:59:59",
        "2021-01-31T23:59:59",
        "2021-01-31T23:59:59Z",
        "2021-01-31 23:59:59.250",
        "2021-01-31 23:59:59 UTC",
        "2021-01-31T23:59:59-05:00",
    ],
)
def test_text_times(kind: pa.DataType, text: str) -> None:
    expected = datetime(2021, 1, 31, 23, 59, 59)  # noqa: DTZ001
    assert as_times(pa.array([text]).cast(kind)).to_pylist() == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "2021-02-31 00:00:00",  # would become 3 March
        "2021-01-01 00:00:60",
        "2021-01-01 24:00:00",
        "2021-13-01 00:00:00",
        "2021-01-01 00:00:00 or so",
        "2021-01-01 00:00",
        "2021-01-01",
        "1/1/2021 00:00:00",
        "0000-00-00 00:00:00",
        "",
        "T",
    ],
)
def test_text_that_is_no_time_is_null_and_spoils_no_other(text: str) -> None:
    assert as_times(pa.array([text, None, "2021-01-01 00:00:00"])).to_pylist() == [
        None,
        None,
        datetime(2021, 1, 1),  # noqa: DTZ001
    ]


NUMBER_COLUMNS = st.one_of(
    st.sampled_from([pa.int32(), pa.int64(), pa.uint64()]).flatmap(
        lambda kind: st.lists(
            st.none()
            | st.integers(-3, 300)
            | st.integers(0 if kind == pa.uint64() else -(2**31), 2**31 - 1 if kind == pa.int32() else 2**63 - 1),
            max_size=20,
        ).map(
            lambda values: pa.array(
                [each if each is None or kind != pa.uint64() else abs(each) for each in values], kind
            )
        )
    ),
    st.lists(
        st.none() | st.floats() | st.integers(-3, 300).map(float) | st.integers(0, 600).map(lambda n: n / 2),
        max_size=20,
    ).map(lambda values: pa.array(values, pa.float64())),
)


def accepted(rule: Any, value: Any) -> Any:
    try:
        return rule("field", value)
    except InvalidRide:
        return None


@settings(deadline=None, max_examples=200)
@given(NUMBER_COLUMNS)
def test_zones_of_numbers_agree_with_the_rule_for_a_single_ride(column: pa.Array) -> None:
    zones = [
        zone if zone is not None and FIRST_ZONE <= zone <= LAST_ZONE else None for zone in as_zones(column).to_pylist()
    ]
    assert zones == [accepted(valid_zone, value) for value in column.to_pylist()]


@settings(deadline=None, max_examples=200)
@given(NUMBER_COLUMNS)
def test_miles_of_numbers_agree_with_the_rule_for_a_single_ride(column: pa.Array) -> None:
    miles = [
        each if each is not None and math.isfinite(each) and each >= 0 else None
        for each in as_miles(column).to_pylist()
    ]
    assert miles == [accepted(valid_miles, value) for value in column.to_pylist()]


@settings(deadline=None, max_examples=200)
@given(st.lists(st.none() | st.text(max_size=30) | st.from_regex(r"\A[-+ 0-9.eET:Z]{0,25}\Z"), max_size=20))
def test_any_text_is_read_or_null(texts: list[str | None]) -> None:
    column = pa.array(texts, pa.string())
    for text, zone, miles, moment in zip(
        texts, as_zones(column).to_pylist(), as_miles(column).to_pylist(), as_times(column).to_pylist(), strict=True
    ):
        assert zone is None or zone == float(text or "")
        assert miles is None or miles == float(text or "")
        assert moment is None or moment.strftime("%Y-%m-%d %H:%M:%S").lstrip("0") in (text or "").replace("T", " ")


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=20))
def test_floats_written_as_text_are_read_back_to_the_bit(values: list[float]) -> None:
    texts = pa.array([repr(each) for each in values], pa.string())
    assert as_miles(texts).to_pylist() == values
