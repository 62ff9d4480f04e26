"""Past rides to learn from: files in the TLC's dialects to rides of 1 to 60 minutes with their actual durations.

Rows that are no valid ride, or took less than a minute or more than an hour, are left out and counted.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scoring.errors import RideFileError
from scoring.features import FeatureSet
from scoring.registry.manifest import RideFileRecord
from scoring.rides.columns import FloatArray, RideColumns
from scoring.rides.dialect import Column
from scoring.rides.file_bytes import digest_and_size
from scoring.rides.files import RowBatch, open_ride_file
from scoring.rides.parsing import as_miles, as_times, as_zones, minutes_between
from scoring.rides.ride import FIRST_ZONE, LAST_ZONE, LONGEST_MINUTES, SHORTEST_MINUTES


@dataclass(frozen=True, slots=True)
class PastRides:
    """n rides and how long they took.

    Attributes:
        columns: the rides.
        durations_minutes: float64, shape (n,), each 1 to 60.
        files: where they came from, with rows read and kept.
    """

    columns: RideColumns
    durations_minutes: FloatArray
    files: tuple[RideFileRecord, ...]


def read_past_rides(
    paths: Sequence[str],
    features: FeatureSet,
    given: Mapping[Column, str] | None = None,
    on_rows: Callable[[int], None] = lambda _rows: None,
    max_miles: float = math.inf,
) -> PastRides:
    """Read files whole, keeping what a model can learn from.

    Args:
        paths: parquet or CSV files, local or fsspec URLs.
        features: without the distance among them, files need no distance column.
        given: the files' names for columns, where their dialect is their own.
        on_rows: is told of rows as they are read, for a progress bar.
        max_miles: leave out longer rides: a single one of 244,152 miles flattens the slope of a linear model.

    Raises:
        RideFileError: a file cannot be read, or no row of all is a ride of 1 to 60 minutes.
    """
    needed = [Column.PICKUP, Column.DROPOFF, Column.PULocationID, Column.DOLocationID]
    if features.uses_distance:
        needed.append(Column.TRIP_DISTANCE)
    parts: list[tuple[RideColumns, FloatArray]] = []
    records = []
    for path in paths:
        rows_read = rows_kept = 0
        for batch in _batches(path, needed, given):
            part = _kept(batch, max_miles)
            parts.append(part)
            rows_read += len(batch)
            rows_kept += len(part[0])
            on_rows(len(batch))
        records.append(_record(path, rows_read, rows_kept))
    durations = np.concatenate([minutes for _, minutes in parts]) if parts else np.empty(0)
    if not len(durations):
        raise RideFileError(
            f"{', '.join(paths)}: none of {sum(record.rows_read for record in records)} rows is a ride of "
            f"{SHORTEST_MINUTES:g} to {LONGEST_MINUTES:g} minutes with zones {FIRST_ZONE} to {LAST_ZONE}"
        )
    columns = RideColumns(
        np.concatenate([rides.pickup_zones for rides, _ in parts]),
        np.concatenate([rides.dropoff_zones for rides, _ in parts]),
        np.concatenate([rides.distances_miles for rides, _ in parts]),
    )
    return PastRides(columns, durations, tuple(records))


def actual_minutes(path: str) -> FloatArray:
    """How long each row of a file took, whatever it is worth: float64, one a row, NaN where a time is missing.

    Raises:
        RideFileError: the file cannot be read.
    """
    parts = [_minutes(batch) for batch in _batches(path, (Column.PICKUP, Column.DROPOFF), None)]
    return np.concatenate([part.to_numpy(zero_copy_only=False) for part in parts]) if parts else np.empty(0)


def _batches(path: str, needed: Collection[Column], given: Mapping[Column, str] | None) -> Any:
    with open_ride_file(path, needed, given) as file:
        yield from file.batches()


def _kept(batch: RowBatch, max_miles: float) -> tuple[RideColumns, FloatArray]:
    columns = batch.columns
    pickups, dropoffs = as_zones(columns[Column.PULocationID]), as_zones(columns[Column.DOLocationID])
    if Column.TRIP_DISTANCE in columns:
        miles = as_miles(columns[Column.TRIP_DISTANCE])
    else:
        miles = pa.array(np.zeros(len(batch)))
    minutes = _minutes(batch)
    kept = _all(
        [
            pc.greater_equal(minutes, SHORTEST_MINUTES),
            pc.less_equal(minutes, LONGEST_MINUTES),
            pc.greater_equal(pickups, FIRST_ZONE),
            pc.less_equal(pickups, LAST_ZONE),
            pc.greater_equal(dropoffs, FIRST_ZONE),
            pc.less_equal(dropoffs, LAST_ZONE),
            pc.greater_equal(miles, 0.0),
            pc.is_finite(miles),
            pc.less_equal(miles, max_miles),
        ]
    )
    rides = RideColumns(*(array.filter(kept).to_numpy(zero_copy_only=False) for array in (pickups, dropoffs, miles)))
    return rides, minutes.filter(kept).to_numpy(zero_copy_only=False)


def _minutes(batch: RowBatch) -> Any:
    return minutes_between(as_times(batch.columns[Column.PICKUP]), as_times(batch.columns[Column.DROPOFF]))


def _all(conditions: Sequence[Any]) -> Any:
    """True where every condition is; a null is not true."""
    result = conditions[0]
    for condition in conditions[1:]:
        result = pc.and_kleene(result, condition)
    return pc.fill_null(result, False)


def _record(path: str, rows_read: int, rows_kept: int) -> RideFileRecord:
    sha256, size_bytes = digest_and_size(path)
    return RideFileRecord(PurePosixPath(path).name, sha256, size_bytes, rows_read, rows_kept)
