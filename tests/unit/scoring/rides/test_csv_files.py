"""CSV files of rides: line ends, quotes, bad rows, and what only calls itself CSV."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from scoring.errors import RideFileError
from scoring.rides.dialect import Column
from scoring.rides.files import LOCATIONS, open_ride_file
from scoring.rides.parsing import as_miles, as_times, as_zones

Save = Callable[..., str]
ReadAll = Callable[[str], int]
ZonesAndMiles = Callable[..., tuple[list[Any], list[Any], list[Any]]]
ALL_BUT_ID = (Column.PICKUP, Column.DROPOFF, *LOCATIONS, Column.TRIP_DISTANCE)
CSV_HEADER = "PULocationID,DOLocationID,trip_distance"


def test_rows_of_a_large_csv_are_numbered_through_blocks(save: Save) -> None:
    padding = "x" * 100
    n = 90_000  # beyond one block of 8 MB
    lines = "\n".join(f"{row},2,{padding}" for row in range(n))
    path = save(f"PULocationID,DOLocationID,note\n{lines}\n", "rides.csv")
    firsts = []
    total = 0
    with open_ride_file(path) as file:
        assert file.rows is None
        for batch in file.batches():
            firsts.append(batch.first_row)
            assert batch.columns[Column.PULocationID][0].as_py() == str(batch.first_row)
            total += len(batch)
    assert total == n
    assert len(firsts) >= 2


def test_the_yellow_sample_as_csv(save: Save) -> None:
    path = save(
        "vendor_id,pickup_datetime,dropoff_datetime,passenger_count,trip_distance,rate_code_id,store_and_fwd_flag,"
        "pickup_location_id,dropoff_location_id,payment_type,total_amount,congestion_surcharge\n"
        "1,2019-01-15 03:36:12,2019-01-15 03:42:19,1,1.0,1,N,230,48,1,9.75,\n"
        "1,2019-01-25 18:20:32,2019-01-25 18:26:55,1,0.8,1,N,112,112,1,9.35,0.0\n",
        "yellow_tripdata_sample_2019-01.csv",
    )
    with open_ride_file(path, ALL_BUT_ID) as file:
        (batch,) = file.batches()
        assert file.stem == "yellow_tripdata_sample_2019-01"
    assert as_zones(batch.columns[Column.PULocationID]).to_pylist() == [230, 112]
    assert as_zones(batch.columns[Column.DOLocationID]).to_pylist() == [48, 112]
    assert as_miles(batch.columns[Column.TRIP_DISTANCE]).to_pylist() == [1.0, 0.8]
    assert as_times(batch.columns[Column.PICKUP])[1].as_py() == datetime(2019, 1, 25, 18, 20, 32)  # noqa: DTZ001


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "end"])
@pytest.mark.parametrize("header", [CSV_HEADER, '"PULocationID","DOLocationID","trip_distance"', f"\ufeff{CSV_HEADER}"])
def test_csv_with_any_line_ends_quotes_and_byte_order_mark(
    save: Save, end: str, last: str, header: str, zones_and_miles: ZonesAndMiles
) -> None:
    path = save(end.join([header, '130,"205",3.66', "", "74,75.0,"]) + (end if last else ""), "rides.csv")
    assert zones_and_miles(path) == ([130, 74], [205, 75], [3.66, None])


@pytest.mark.parametrize("name", ["rides.csv", "RIDES.CSV", "rides.txt"])
def test_csv_by_its_ending(save: Save, name: str, zones_and_miles: ZonesAndMiles) -> None:
    assert zones_and_miles(save(f"{CSV_HEADER}\n1,2,3\n", name)) == ([1], [2], [3.0])


def test_csv_values_that_mean_nothing_are_null(save: Save, zones_and_miles: ZonesAndMiles) -> None:
    path = save(f"{CSV_HEADER}\n" + "".join(f"1,2,{text}\n" for text in ("", "NULL", "nan", "n/a", '""')), "rides.csv")
    assert zones_and_miles(path)[2] == [None] * 5


def test_a_csv_value_of_a_later_row_may_be_of_another_type(save: Save, zones_and_miles: ZonesAndMiles) -> None:
    path = save(f"{CSV_HEADER}\n1,2,3\n1.0,two,4.5\n", "rides.csv")
    assert zones_and_miles(path) == ([1, 1], [2, None], [3.0, 4.5])


def test_csv_with_a_header_alone_has_no_rides(save: Save, zones_and_miles: ZonesAndMiles) -> None:
    assert zones_and_miles(save(f"{CSV_HEADER}\n", "rides.csv")) == ([], [], [])


def test_csv_with_a_header_of_very_many_columns(save: Save, zones_and_miles: ZonesAndMiles) -> None:
    names = ",".join(f"column_number_{number}" for number in range(2_000))
    path = save(f"{names},{CSV_HEADER}\n{'0,' * 2_000}1,2,3\n", "rides.csv")
    assert zones_and_miles(path) == ([1], [2], [3.0])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (f"{CSV_HEADER}\n1,2,3\n1,2\n", r"is damaged: .*Row #3: Expected 3 columns, got 2"),
        (f"{CSV_HEADER}\n1,2,3\n1,2,3,4\n", r"is damaged: .*Row #3: Expected 3 columns, got 4"),
        ("\n\n\n", "has no header line"),
        (f"{CSV_HEADER.replace(',', ';')}\n1;2;3\n", "has no column PULocationID"),
        ("<!DOCTYPE html>\n<title>Sign in</title>\n", "has no column PULocationID .*It has: <!DOCTYPE html>"),
        (CSV_HEADER.encode("utf-16"), "is neither parquet nor CSV"),
        (f"{CSV_HEADER}\n1,2,".encode() + b"\xe9\n", "is damaged: .*invalid UTF8"),
        (b"\xe9" + CSV_HEADER.encode() + b"\n1,2,3\n", "is damaged: .*can't decode byte 0xe9"),
        (b"", "is empty: it has no bytes"),
    ],
)
def test_a_csv_that_is_none_says_what_is_wrong(
    save: Save, content: str | bytes, reason: str, read_all: ReadAll
) -> None:
    with pytest.raises(RideFileError, match=rf"rides\.csv {reason}"):
        read_all(save(content, "rides.csv"))


def test_a_bad_row_beyond_the_first_block_names_the_rows_before_it(save: Save, read_all: ReadAll) -> None:
    lines = f"1,2,{'x' * 100}\n" * 90_000
    path = save(f"PULocationID,DOLocationID,note\n{lines}1,2\n", "rides.csv")
    with pytest.raises(RideFileError, match=r"is damaged after row [1-9][0-9]{4}: .*Expected 3 columns, got 2"):
        read_all(path)
