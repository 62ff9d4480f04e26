"""Past rides: which rows are kept, and what is recorded of the files that they came from."""

import hashlib
import math
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.errors import InvalidRide, RideFileError
from scoring.features import FEATURE_SETS, feature_set
from scoring.rides.dialect import Column
from scoring.rides.ride import valid_miles, valid_zone
from training.dataset import actual_minutes, read_past_rides

START = datetime(2021, 1, 1, 0, 15, 56)  # noqa: DTZ001  # the TLC's times name no zone
DEFAULT = feature_set("pu_do+distance")
ZONES_ALONE = feature_set("pu,do")
Save = Callable[..., str]


def month(minutes: Sequence[float | None], **columns: Any) -> pa.Table:
    """Green rides of these durations, to the microsecond."""
    n = len(minutes)
    dropoffs = [None if each is None else START + timedelta(microseconds=round(each * 60e6)) for each in minutes]
    return pa.table(
        {
            "lpep_pickup_datetime": pa.array([START] * n, pa.timestamp("us")),
            "lpep_dropoff_datetime": pa.array(dropoffs, pa.timestamp("us")),
            "PULocationID": pa.array([43] * n),
            "DOLocationID": pa.array([151] * n),
            "trip_distance": pa.array([1.01] * n),
        }
        | columns
    )


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def write(table: pa.Table, name: str = "green_tripdata_2021-01.parquet", **options: Any) -> str:
        pq.write_table(table, tmp_path / name, **options)
        return str(tmp_path / name)

    return write


def test_one_and_sixty_minutes_are_kept_and_nothing_beyond(save: Save) -> None:
    minutes = [0.9999, 59 / 60, 1.0, 1.0001, 59.9999, 60.0, 60.0001, 60 + 1 / 60e6, 1 - 1 / 60e6, -5.0, 0.0, 1440.0]
    rides = read_past_rides([save(month(minutes))], DEFAULT)
    assert rides.durations_minutes.tolist() == [1.0, 1.0001, 59.9999, 60.0]
    assert (rides.files[0].rows_read, rides.files[0].rows_kept) == (12, 4)


def test_kept_rides_stand_beside_their_durations(save: Save) -> None:
    table = month(
        [5.0, 90.0, 7.0, 8.0],
        PULocationID=pa.array([1, 2, 3, 4]),
        DOLocationID=pa.array([265.0, 264.0, 263.0, 262.0]),
        trip_distance=pa.array([0.0, 1.0, 2.0, 293_931.0]),
    )
    rides = read_past_rides([save(table)], DEFAULT)
    assert rides.durations_minutes.tolist() == [5.0, 7.0, 8.0]
    assert rides.columns.pickup_zones.tolist() == [1, 3, 4]
    assert rides.columns.dropoff_zones.tolist() == [265, 263, 262]
    assert rides.columns.distances_miles.tolist() == [0.0, 2.0, 293_931.0]
    assert rides.columns.pickup_zones.dtype == rides.columns.dropoff_zones.dtype == np.int64
    assert rides.columns.distances_miles.dtype == rides.durations_minutes.dtype == np.float64


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("PULocationID", pa.array([0, 266, None, -1, 43])),
        ("PULocationID", pa.array([math.nan, 43.5, None, math.inf, 43.0])),
        ("DOLocationID", pa.array(["", "x", None, "999", "43"])),
        ("trip_distance", pa.array([-0.01, math.nan, None, math.inf, 0.0])),
        ("trip_distance", pa.array(["", "far", None, "-1", "1.5"])),
        ("lpep_dropoff_datetime", pa.array([None, None, None, START, START + timedelta(minutes=5)])),
        ("lpep_pickup_datetime", pa.array([None, START + timedelta(hours=1), None, None, START])),
    ],
)
def test_rows_that_are_no_ride_are_left_out_and_counted(save: Save, name: str, column: pa.Array) -> None:
    rides = read_past_rides(
        [save(month([5.0] * 5).set_column(month([]).column_names.index(name), name, column))], DEFAULT
    )
    assert len(rides.columns) == len(rides.durations_minutes) == 1
    assert (rides.files[0].rows_read, rides.files[0].rows_kept) == (5, 1)


def test_pickups_of_2008_are_rides_as_long_as_they_took(save: Save) -> None:
    old = START.replace(year=2008)
    table = month(
        [5.0, 5.0],
        lpep_pickup_datetime=pa.array([old, old], pa.timestamp("us")),
        lpep_dropoff_datetime=pa.array([old + timedelta(minutes=9), START], pa.timestamp("us")),
    )
    assert read_past_rides([save(table)], DEFAULT).durations_minutes.tolist() == [9.0]


def test_files_are_recorded_by_name_digest_size_and_rows(save: Save) -> None:
    first = save(month([5.0, 6.0, 0.5]))
    second = save(month([70.0, 8.0]), "green_tripdata_2021-02.parquet")
    rides = read_past_rides([first, second], DEFAULT)
    assert rides.durations_minutes.tolist() == [5.0, 6.0, 8.0]
    assert [(each.name, each.rows_read, each.rows_kept) for each in rides.files] == [
        ("green_tripdata_2021-01.parquet", 3, 2),
        ("green_tripdata_2021-02.parquet", 2, 1),
    ]
    for path, record in zip((first, second), rides.files, strict=True):
        content = Path(path).read_bytes()
        assert record.sha256 == hashlib.sha256(content).hexdigest()
        assert record.size_bytes == len(content)


def test_a_file_without_a_usable_ride_is_recorded_beside_one_that_has(save: Save) -> None:
    rides = read_past_rides([save(month([0.1, 0.2])), save(month([5.0]), "second.parquet")], DEFAULT)
    assert [each.rows_kept for each in rides.files] == [0, 1]


@pytest.mark.parametrize("minutes", [[], [0.5, 61.0], [None]])
def test_no_usable_ride_at_all_is_an_error(save: Save, minutes: list[float]) -> None:
    path = save(month(minutes))
    with pytest.raises(
        RideFileError,
        match=rf"2021-01\.parquet: none of {len(minutes)} rows is a ride of 1 to 60 minutes with zones 1 to 265",
    ):
        read_past_rides([path], DEFAULT)


def test_zones_alone_need_no_distance_column(save: Save) -> None:
    path = save(month([5.0, 6.0]).drop_columns("trip_distance"))
    rides = read_past_rides([path], ZONES_ALONE)
    assert rides.columns.distances_miles.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("name", [name for name, each in FEATURE_SETS.items() if each.uses_distance])
def test_features_with_distance_need_its_column(save: Save, name: str) -> None:
    path = save(month([5.0]).drop_columns("trip_distance"))
    with pytest.raises(RideFileError, match="no column trip_distance"):
        read_past_rides([path], feature_set(name))


@pytest.mark.parametrize("name", ["lpep_pickup_datetime", "lpep_dropoff_datetime", "PULocationID", "DOLocationID"])
@pytest.mark.parametrize("features", [DEFAULT, ZONES_ALONE], ids=lambda features: features.name)
def test_times_and_zones_are_always_needed(save: Save, name: str, features: Any) -> None:
    with pytest.raises(RideFileError, match=f"has no column .*{name}"):
        read_past_rides([save(month([5.0]).drop_columns(name))], features)


def test_names_given_by_the_caller(save: Save) -> None:
    path = save(month([5.0]).rename_columns(["began", "ended", "from", "to", "far"]))
    given_names = {
        Column.PICKUP: "began",
        Column.DROPOFF: "ended",
        Column.PULocationID: "from",
        Column.DOLocationID: "to",
        Column.TRIP_DISTANCE: "far",
    }
    assert read_past_rides([path], DEFAULT, given_names).durations_minutes.tolist() == [5.0]


def test_a_csv_file_gives_the_same_rides_as_the_parquet_file(save: Save, tmp_path: Path) -> None:
    path = save(month([5.0, 61.0, 7.5]))
    (tmp_path / "month.csv").write_text(
        "lpep_pickup_datetime,lpep_dropoff_datetime,PULocationID,DOLocationID,trip_distance\n"
        "2021-01-01 00:15:56,2021-01-01 00:20:56,43.0,151,1.01\n"
        "2021-01-01 00:15:56,2021-01-01 01:16:56,43.0,151,1.01\n"
        "2021-01-01 00:15:56,2021-01-01 00:23:26,43.0,151,1.01\n"
    )
    from_parquet, from_csv = (read_past_rides([each], DEFAULT) for each in (path, str(tmp_path / "month.csv")))
    assert from_csv.durations_minutes.tolist() == from_parquet.durations_minutes.tolist() == [5.0, 7.5]
    assert from_csv.columns.rides() == from_parquet.columns.rides()


def test_progress_is_told_of_every_row(save: Save) -> None:
    told: list[int] = []
    rides = read_past_rides([save(month([5.0] * 150_000), row_group_size=40_000)], DEFAULT, on_rows=told.append)
    assert sum(told) == rides.files[0].rows_read == rides.files[0].rows_kept == 150_000
    assert len(told) > 1


def test_a_damaged_file_is_named(save: Save) -> None:
    path = save(month([5.0] * 100))
    Path(path).write_bytes(Path(path).read_bytes()[:-100])
    with pytest.raises(RideFileError, match=r"2021-01\.parquet is damaged"):
        read_past_rides([path], DEFAULT)


def test_actual_minutes_are_told_of_every_row(save: Save) -> None:
    found = actual_minutes(save(month([5.0, None, 90.0, -1.0])))
    assert found[[0, 2, 3]].tolist() == [5.0, 90.0, -1.0]
    assert math.isnan(found[1])


def is_ride(pickup: float | None, dropoff: float | None, miles: float | None) -> bool:
    try:
        valid_zone("PULocationID", pickup)
        valid_zone("DOLocationID", dropoff)
        valid_miles("trip_distance", miles)
    except InvalidRide:
        return False
    return True


ZONES = st.none() | st.integers(-1, 267).map(float) | st.sampled_from([43.5, math.nan, math.inf, 1e300])
MILES = st.none() | st.floats() | st.sampled_from([0.0, -0.0, 3.66])


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(ZONES, ZONES, MILES), max_size=20))
def test_a_row_is_kept_where_the_single_ride_rules_take_it(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float | None, float | None, float | None]]
) -> None:
    rows = [*rows, (43.0, 151.0, 1.0)]  # so that one is always kept
    pickups, dropoffs, miles = (pa.array(column, pa.float64()) for column in zip(*rows, strict=True))
    path = tmp_path_factory.mktemp("rides") / "rides.parquet"
    table = month([5.0] * len(rows), PULocationID=pickups, DOLocationID=dropoffs, trip_distance=miles)
    pq.write_table(table, path)
    kept = read_past_rides([str(path)], DEFAULT).columns
    expected = [row for row in rows if is_ride(*row)]
    assert list(zip(kept.pickup_zones, kept.dropoff_zones, kept.distances_miles, strict=True)) == expected


def test_longer_rides_are_left_out_where_a_longest_is_given(save: Save) -> None:
    path = save(month([10.0, 11.0, 12.0], trip_distance=pa.array([100.0, 100.01, 244_152.01])))
    assert read_past_rides([path], DEFAULT, max_miles=100.0).durations_minutes.tolist() == [10.0]
    assert len(read_past_rides([path], DEFAULT).columns) == 3
