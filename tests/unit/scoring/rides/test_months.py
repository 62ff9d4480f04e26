"""Months in the names of files."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import SettingsError
from scoring.rides.months import month_of, months_between, newest_month


@pytest.mark.parametrize(
    ("path", "month"),
    [
        ("green_tripdata_2021-01.parquet", "2021-01"),
        ("s3://taxis/2020-12/yellow_tripdata_2021-03.parquet", "2021-03"),
        ("2020-12/rides.parquet", None),
        ("rides_2021-13.parquet", None),
        ("rides_12021-01.parquet", None),
        ("2021-01-15_2021-02.csv", "2021-02"),
    ],
)
def test_a_files_month_is_the_last_in_its_name(path: str, month: str | None) -> None:
    assert month_of(path) == month


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 60))
def test_months_between_are_one_after_the_other(first: date, later: int) -> None:
    last = first.year * 12 + first.month - 1 + later
    months = months_between(f"{first:%Y-%m}", f"{last // 12}-{last % 12 + 1:02}")
    assert len(months) == later + 1
    assert months == sorted(set(months))
    assert months[0] == f"{first:%Y-%m}"


@pytest.mark.parametrize(("start", "end"), [("2021-02", "2021-01"), ("2021-1", "2021-02"), ("2021-01", "now")])
def test_a_span_that_is_none_is_refused(start: str, end: str) -> None:
    with pytest.raises(SettingsError, match=r"after|no month"):
        months_between(start, end)


def test_the_newest_month_may_have_several_files() -> None:
    files = ["green_2021-02.parquet", "green_2020-12.parquet", "yellow_2021-02.parquet"]
    assert newest_month(files) == ([files[1]], [files[0], files[2]])
    assert newest_month([]) == ([], [])


def test_a_file_without_a_month_is_told() -> None:
    with pytest.raises(SettingsError, match=r"rides\.csv holds no month"):
        newest_month(["green_2021-02.parquet", "rides.csv"])
