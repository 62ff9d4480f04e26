"""Parquet files of rides as they are found: every dialect and type, in bounded pieces."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring.errors import RideFileError
from scoring.rides.dialect import Column
from scoring.rides.file_bytes import open_bytes
from scoring.rides.files import BATCH_ROWS, LOCATIONS, open_ride_file
from scoring.rides.parsing import as_times

Save = Callable[..., str]
ReadAll = Callable[[str], int]
ZonesAndMiles = Callable[..., tuple[list[Any], list[Any], list[Any]]]
ALL_BUT_ID = (Column.PICKUP, Column.DROPOFF, *LOCATIONS, Column.TRIP_DISTANCE)
CSV_HEADER = "PULocationID,DOLocationID,trip_distance"


def green(**columns: Any) -> dict[str, Any]:
    start = datetime(2021, 1, 1, 0, 15, 56)  # noqa: DTZ001  # the TLC's times name no zone
    return {
        "VendorID": pa.array([2, 2, 1]),
        "lpep_pickup_datetime": pa.array([start] * 3, pa.timestamp("us")),
        "lpep_dropoff_datetime": pa.array([start.replace(minute=30)] * 3, pa.timestamp("us")),
        "PULocationID": pa.array([43, 166, 41]),
        "DOLocationID": pa.array([151, 239, 42]),
        "trip_distance": pa.array([1.01, 2.53, 1.12]),
        "ehail_fee": pa.nulls(3),
    } | columns


@pytest.fixture
def memory() -> Iterator[Any]:
    files = fsspec.filesystem("memory")
    yield files
    files.store.clear()


def test_a_green_month_is_read_in_its_dialect(save: Save) -> None:
    path = save(green(), "green_tripdata_2021-01.parquet")
    with open_ride_file(path, ALL_BUT_ID) as file:
        (batch,) = file.batches()
        assert (file.path, file.stem, file.rows, file.dialect.name) == (path, "green_tripdata_2021-01", 3, "green")
    assert set(batch.columns) == set(ALL_BUT_ID)
    assert (batch.first_row, len(batch)) == (0, 3)
    assert as_times(batch.columns[Column.DROPOFF])[0].as_py() == datetime(2021, 1, 1, 0, 30, 56)  # noqa: DTZ001


@pytest.mark.parametrize(
    "ids",
    [
        pa.array([43.0, None, 41.0]),  # 2019 and 2020: pandas made floats of a column with nulls
        pa.array([43, None, 41], pa.int32()),  # 2023 on
        pa.array(["43", None, "41"]),
        pa.array(["43", None, "41"], pa.large_string()),
        pa.array(["43", None, "41"]).dictionary_encode(),
        pa.array([43, None, 41], pa.int16()).dictionary_encode(),
    ],
    ids=["float", "int32", "text", "large-text", "dictionary-of-text", "dictionary-of-int16"],
)
def test_ids_of_every_type_that_real_files_have(save: Save, ids: pa.Array, zones_and_miles: ZonesAndMiles) -> None:
    pickups, dropoffs, _miles = zones_and_miles(save(green(PULocationID=ids, DOLocationID=ids)))
    assert pickups == dropoffs == [43, None, 41]


def test_odd_values_come_through_for_the_reader_to_judge(save: Save, zones_and_miles: ZonesAndMiles) -> None:
    path = save(
        green(
            PULocationID=pa.array([264, 265, 0]),
            DOLocationID=pa.array([265, 264, 999]),
            trip_distance=pa.array([0.0, 293_931.0, -1.5]),
        )
    )
    assert zones_and_miles(path) == ([264, 265, 0], [265, 264, 999], [0.0, 293_931.0, -1.5])


def test_pickups_of_2008_in_a_file_of_2021_come_through(save: Save) -> None:
    old = datetime(2008, 12, 31, 23, 59, 59)  # noqa: DTZ001
    path = save(green(lpep_pickup_datetime=pa.array([old, None, old], pa.timestamp("us"))))
    with open_ride_file(path, ALL_BUT_ID) as file:
        (batch,) = file.batches()
    assert as_times(batch.columns[Column.PICKUP]).to_pylist() == [old, None, old]


def test_a_distance_column_that_is_all_null(save: Save, zones_and_miles: ZonesAndMiles) -> None:
    assert zones_and_miles(save(green(trip_distance=pa.nulls(3))))[2] == [None, None, None]


def test_high_volume_for_hire_rides(save: Save, zones_and_miles: ZonesAndMiles) -> None:
    path = save(
        {
            "hvfhs_license_num": ["HV0003"],
            "dispatching_base_num": ["B02682"],
            "request_datetime": pa.array([0], pa.timestamp("us")),
            "pickup_datetime": pa.array([60_000_000], pa.timestamp("us")),
            "dropoff_datetime": pa.array([360_000_000], pa.timestamp("us")),
            "PULocationID": [230],
            "DOLocationID": [166],
            "trip_miles": [5.26],
        }
    )
    with open_ride_file(path, ALL_BUT_ID) as file:
        (batch,) = file.batches()
        assert file.dialect.name == "for-hire"
    assert as_times(batch.columns[Column.PICKUP]).cast(pa.int64()).to_pylist() == [60_000_000]
    assert zones_and_miles(path) == ([230], [166], [5.26])


def test_for_hire_rides_have_no_distance(save: Save, zones_and_miles: ZonesAndMiles) -> None:
    path = save(
        {
            "dispatching_base_num": ["B00009"],
            "pickup_datetime": pa.array([0], pa.timestamp("us")),
            "dropOff_datetime": pa.array([60_000_000], pa.timestamp("us")),
            "PUlocationID": pa.array([None], pa.float64()),
            "DOlocationID": pa.array([265.0]),
            "SR_Flag": pa.nulls(1),
        }
    )
    assert zones_and_miles(path) == ([None], [265], [])
    with pytest.raises(RideFileError, match="no column trip_distance or trip_miles"), open_ride_file(path, ALL_BUT_ID):
        pass


def test_names_given_by_the_caller(save: Save, zones_and_miles: ZonesAndMiles) -> None:
    path = save({"from.zone": [1], "to zone": ["2"], "far": [3.5]})
    given = {Column.PULocationID: "from.zone", Column.DOLocationID: "to zone", Column.TRIP_DISTANCE: "far"}
    assert zones_and_miles(path, given) == ([1], [2], [3.5])


def test_a_missing_column_is_named_with_what_was_found(save: Save) -> None:
    path = save({"PULocation": [1], "DOLocationID": [2]})
    with (
        pytest.raises(
            RideFileError, match=r"rides\.parquet has no column PULocationID .*closest: .*PULocation.*has: PU"
        ),
        open_ride_file(path),
    ):
        pass


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path, read_all: ReadAll) -> None:
    pq.write_table(pa.table([[1], [2], [3]], names=["PULocationID"] * 2 + ["DOLocationID"]), tmp_path / "twice.parquet")
    with pytest.raises(RideFileError, match="2 columns named PULocationID"):
        read_all(str(tmp_path / "twice.parquet"))


def test_rows_are_numbered_through_batches_and_row_groups(save: Save) -> None:
    n = 2 * BATCH_ROWS + 1_000
    path = save({"PULocationID": np.arange(n), "DOLocationID": np.zeros(n, int)}, row_group_size=50_000)
    firsts = []
    with open_ride_file(path) as file:
        assert file.rows == n
        for batch in file.batches():
            ids = batch.columns[Column.PULocationID].to_numpy()
            assert len(batch) <= BATCH_ROWS
            assert ids.tolist() == list(range(batch.first_row, batch.first_row + len(batch)))
            firsts.append(batch.first_row)
    assert firsts[0] == 0
    assert len(firsts) >= 3


def test_a_file_of_no_rows_has_no_batches(save: Save) -> None:
    path = save({"PULocationID": pa.array([], pa.int64()), "DOLocationID": pa.array([], pa.int64())})
    with open_ride_file(path) as file:
        assert file.rows == 0
        assert list(file.batches()) == []


def test_a_file_of_another_ending_is_read_by_its_content(
    save: Save, zones_and_miles: ZonesAndMiles, read_all: ReadAll
) -> None:
    assert zones_and_miles(save(green(), "month.dat"))[0] == [43, 166, 41]
    with pytest.raises(RideFileError, match=r"neither parquet nor CSV; .* from \.parquet and \.csv files$"):
        read_all(save("{}", "rides.json"))


def test_no_such_file(tmp_path: Path, read_all: ReadAll) -> None:
    with pytest.raises(RideFileError, match=r"there is no file .*none\.parquet"):
        read_all(str(tmp_path / "none.parquet"))


def test_a_folder_is_no_file(tmp_path: Path, read_all: ReadAll) -> None:
    with pytest.raises(RideFileError, match=r"cannot open .*: Is a directory"):
        read_all(str(tmp_path))


def test_a_parquet_file_and_a_csv_file_by_url(
    memory: Any, month_bytes: bytes, zones_and_miles: ZonesAndMiles, read_all: ReadAll
) -> None:
    memory.pipe_file("/month/rides.parquet", month_bytes)
    memory.pipe_file("/month/rides.csv", f"{CSV_HEADER}\n1,2,3\n".encode())
    assert read_all("memory://month/rides.parquet") == 20_000
    assert zones_and_miles("memory://month/rides.csv") == ([1], [2], [3.0])
    with open_ride_file("memory://month/rides.csv") as file:
        assert file.stem == "rides"


def test_urls_that_lead_nowhere(memory: Any) -> None:
    with pytest.raises(RideFileError, match=r"there is no file memory://none\.parquet"):
        open_bytes("memory://none.parquet")
    with pytest.raises(RideFileError, match=r"cannot open nonsense://x\.parquet: Protocol not known: nonsense"):
        open_bytes("nonsense://x.parquet")


def test_a_file_needed_for_nothing_may_have_none_of_our_columns(save: Save) -> None:
    with open_ride_file(save({"fare": [1.0]}), needed=()) as file:
        assert file.dialect.names == {}
        assert sum(len(batch) for batch in file.batches()) == 0
