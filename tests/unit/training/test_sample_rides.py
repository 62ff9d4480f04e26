"""The rides that come with the package: what they hold, and what a first model makes of them."""

from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import root_mean_squared_error

from scoring.errors import InvalidRide, UndecodableRide
from scoring.features import DEFAULT_FEATURE_SET, feature_set
from scoring.registry.registry import Registry
from scoring.rides.decoder import decode_ride
from scoring.rides.dialect import Column
from scoring.rides.files import LOCATIONS, open_ride_file
from training.dataset import read_past_rides
from training.sample_rides import BROKEN_EVENTS, FEBRUARY, JANUARY, MARCH, MONTHS, broken_events
from training.train import TrainingPlan, train_version

ALL_BUT_ID = (Column.PICKUP, Column.DROPOFF, *LOCATIONS, Column.TRIP_DISTANCE)
ROWS = {JANUARY: 3_000, FEBRUARY: 1_000, MARCH: 2_000}


@pytest.mark.parametrize("path", MONTHS, ids=lambda path: path.stem)
def test_every_month_reads_whole_in_the_green_dialect(path: Path) -> None:
    with open_ride_file(str(path), ALL_BUT_ID) as file:
        assert file.dialect.name == "green"
        assert file.rows == sum(len(batch) for batch in file.batches()) == ROWS[path]


@pytest.mark.parametrize("path", MONTHS, ids=lambda path: path.stem)
def test_every_month_has_all_columns_and_types_of_the_original(path: Path) -> None:
    schema = pq.read_schema(path)
    assert len(schema.names) == 20
    assert {name: str(schema.field(name).type) for name in ("PULocationID", "trip_distance", "ehail_fee")} == {
        "PULocationID": "int64",
        "trip_distance": "double",
        "ehail_fee": "null",
    }
    assert path.stat().st_size < 100_000


@pytest.mark.parametrize(
    ("path", "largest_miles"), [(JANUARY, 244_152.01), (FEBRUARY, 102_620.98), (MARCH, 106_632.48)]
)
def test_every_month_has_the_oddities_of_real_files(path: Path, largest_miles: float) -> None:
    table = pq.read_table(path)
    for name in ("PULocationID", "DOLocationID"):
        assert {264, 265} <= set(table[name].to_pylist())
    miles = table["trip_distance"].to_pylist()
    assert 0.0 in miles
    assert max(miles) == largest_miles
    assert pc.sum(pc.is_null(table["passenger_count"])).as_py() > 0


@pytest.mark.parametrize("path", MONTHS, ids=lambda path: path.stem)
def test_every_month_spreads_over_its_days(path: Path) -> None:
    month = int(path.stem[-2:])
    days = {each.day for each in pq.read_table(path)["lpep_pickup_datetime"].to_pylist() if each.month == month}
    assert len(days) >= 28


def test_the_broken_events_are_each_refused_for_a_reason_of_its_own() -> None:
    not_json, text_distance, no_zone = broken_events()
    with pytest.raises(UndecodableRide):
        decode_ride(not_json)
    with pytest.raises(InvalidRide, match=r"trip_distance: .* not the string '3\.66'"):
        decode_ride(text_distance)
    with pytest.raises(InvalidRide, match="PULocationID: must be a whole number from 1 to 265, not 999"):
        decode_ride(no_zone)


def test_everything_that_the_package_has_beside_it_is_there() -> None:
    names = {path.name for path in BROKEN_EVENTS.parent.iterdir() if path.name != "__pycache__"}
    assert names == {"__init__.py", "README.md", "broken.jsonl", *(path.name for path in MONTHS)}


def test_a_linear_model_of_january_is_as_good_in_february_as_the_notebooks(notebook: Any, tmp_path: Path) -> None:
    plan = TrainingPlan(training=[str(JANUARY)], validation=[str(FEBRUARY)])
    manifest = train_version(plan, Registry(str(tmp_path / "models")))
    predicted, actual = notebook(LinearRegression(), DEFAULT_FEATURE_SET, JANUARY, FEBRUARY)
    assert [each.rows_kept for each in (*manifest.training, *manifest.validation)] == [2_910, 963]
    assert len(actual) == 963
    rmse = manifest.metrics["validation"].rmse_minutes
    assert rmse == pytest.approx(root_mean_squared_error(actual, predicted), abs=1e-9)
    assert rmse == pytest.approx(10.355, abs=0.01)  # the solver ends a little elsewhere on other processors


def test_march_has_rides_to_score() -> None:
    assert read_past_rides([str(MARCH)], feature_set(DEFAULT_FEATURE_SET)).files[0].rows_kept == 1_920
