"""Scored rows as the columns that readers get."""

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scoring.rides.columns import BoolArray, FloatArray, RideColumns
from scoring.rides.dialect import Column
from scoring.rides.files import RowBatch
from scoring.rides.numbered_names import numbered_names
from scoring.rides.parsing import as_times, minutes_between
from scoring.scorer import ScoredColumns

_TIME: Final = pa.timestamp("us")
_VERSION: Final = pa.dictionary(pa.int8(), pa.string())
_ALWAYS: Final = (
    pa.field("ride_id", pa.string(), nullable=False),
    pa.field("pickup_datetime", _TIME),
    pa.field("PULocationID", pa.int64(), nullable=False),
    pa.field("DOLocationID", pa.int64(), nullable=False),
    pa.field("trip_distance", pa.float64(), nullable=False),
    pa.field("predicted_duration", pa.float64(), nullable=False),
    pa.field("known_route", pa.bool_(), nullable=False),
    pa.field("model_version", _VERSION, nullable=False),
)
_WITH_DROPOFF: Final = (pa.field("actual_duration", pa.float64()), pa.field("diff", pa.float64()))


def prediction_schema(*, has_dropoff: bool) -> Any:
    """The columns of predictions; `actual_duration` and `diff` (actual minus predicted) with a drop-off time alone."""
    return pa.schema(_ALWAYS + (_WITH_DROPOFF if has_dropoff else ()))


def prediction_batch(
    batch: RowBatch, stem: str, rides: RideColumns, scored: ScoredColumns, kept: BoolArray | None, version: str
) -> tuple[Any, FloatArray | None]:
    """Put scored rows together, in the file's order.

    Args:
        batch: the rows as they were read.
        stem: names rides that have no id, with their row number in the file.
        rides: those that were scored and are kept.
        scored: what the model says of the same.
        kept: which rows of the batch they are; None for all.
        version: of the model.

    Returns:
        A record batch of :func:`prediction_schema`, and the actual durations in minutes (NaN where one is not known),
        or None without a drop-off column.
    """
    columns = batch.columns
    names = numbered_names(stem, len(batch), batch.first_row)
    if Column.RIDE_ID in columns:
        names = pc.coalesce(columns[Column.RIDE_ID].cast(pa.string()), names)
    pickups = as_times(columns[Column.PICKUP]) if Column.PICKUP in columns else pa.nulls(len(batch), _TIME)
    dropoffs = as_times(columns[Column.DROPOFF]) if Column.DROPOFF in columns else None
    if kept is not None:
        chosen = pa.array(kept)
        names, pickups = names.filter(chosen), pickups.filter(chosen)
        dropoffs = None if dropoffs is None else dropoffs.filter(chosen)
    n = len(rides)
    arrays = [
        names,
        pickups,
        pa.array(rides.pickup_zones),
        pa.array(rides.dropoff_zones),
        pa.array(rides.distances_miles),
        pa.array(scored.durations_minutes),
        pa.array(scored.known_routes),
        pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, np.int8)), pa.array([version])),
    ]
    if dropoffs is None:
        return pa.RecordBatch.from_arrays(arrays, schema=prediction_schema(has_dropoff=False)), None
    minutes = minutes_between(pickups, dropoffs)
    arrays += [minutes, pc.subtract(minutes, pa.array(scored.durations_minutes))]
    actual = minutes if not minutes.null_count else pc.fill_null(minutes, float("nan"))
    schema = prediction_schema(has_dropoff=True)
    return pa.RecordBatch.from_arrays(arrays, schema=schema), actual.to_numpy(zero_copy_only=False)
