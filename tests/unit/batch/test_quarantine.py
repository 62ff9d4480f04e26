"""Rows that cannot be scored go to quarantine with reason and number, and spoil no other."""

from typing import Any

import numpy as np
import pyarrow as pa

from scoring.errors import ModelFailed
from scoring.models.model import Model
from scoring.rides.columns import RideColumns
from scoring.rides.ride import Ride
from scoring.scorer import Scorer

from .conftest import VERSION, ScoreFiles, WriteRides, read_all


def test_rows_that_are_no_rides_go_to_quarantine_with_reason_and_number(
    write_rides: WriteRides, score_files: ScoreFiles
) -> None:
    zones = [264] * 2_500
    zones[3] = zones[1_600] = 0
    miles: list[float | None] = [1.0] * 2_500
    miles[3], miles[5], miles[2_499] = -1.0, None, float("nan")
    report = score_files(write_rides("a.parquet", PULocationID=pa.array(zones), trip_distance=pa.array(miles)))
    assert (report.rows_in, report.rows_out, report.rows_quarantined) == (2_500, 2_496, 4)
    quarantine = read_all(report.files[0].quarantine)
    assert list(zip(quarantine["row_number"].to_pylist(), quarantine["field"].to_pylist(), strict=True)) == [
        (3, "PULocationID"),
        (5, "trip_distance"),
        (1_600, "PULocationID"),
        (2_499, "trip_distance"),
    ]
    assert quarantine["reason"][1].as_py() == "must be a finite number of miles, zero or more, not null"
    scored = read_all(report.files[0].predictions)
    expected = [f"a_{row}" for row in range(2_500) if row not in (3, 5, 1_600, 2_499)]
    assert scored["ride_id"].to_pylist() == expected, "numbers are those of the file's rows"


class Failing:
    """A model that raises for zone 13, and gives no number for zone 14."""

    def __init__(self, inner: Model) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def score_columns(self, columns: RideColumns) -> Any:
        if (columns.pickup_zones == 13).any():
            raise ModelFailed("zone 13 brings bad luck")
        durations, known = self._inner.score_columns(columns)
        return np.where(columns.pickup_zones == 14, np.inf, durations), known

    def score_rides(self, rides: list[Ride]) -> Any:
        durations, known = self.score_columns(RideColumns.of(rides))
        return durations.tolist(), known.tolist()


def test_a_ride_on_which_the_model_fails_spoils_no_other(
    write_rides: WriteRides, score_files: ScoreFiles, trained_model: Model
) -> None:
    zones = [7] * 2_500
    zones[10], zones[11], zones[12] = 13, 14, 0
    path = write_rides("a.parquet", PULocationID=pa.array(zones))
    report = score_files(path, by=Scorer(Failing(trained_model), VERSION))
    assert (report.rows_out, report.rows_quarantined) == (2_497, 3)
    quarantine = read_all(report.files[0].quarantine)
    assert quarantine["field"].to_pylist() == ["model", "model", "PULocationID"]
    assert quarantine["reason"][0].as_py() == "zone 13 brings bad luck"
    scored = read_all(report.files[0].predictions)
    assert scored["ride_id"][10].as_py() == "a_13"
