"""Scored rows as the columns that readers get."""

from typing import Any, Final

import numpy as np
import pyarrow as pa

from scoring.rides.arrow_arrays import MICROSECONDS_A_MINUTE, arrow_of, arrow_of_bools, arrow_of_text, ticks_of
from scoring.rides.columns import BoolArray, FloatArray, RideColumns
from scoring.rides.dialect import Column
from scoring.rides.files import RowBatch
from scoring.rides.numbered_names import numbered_names
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
    names, pickups, dropoffs = _told(batch, stem)
    if kept is not None:
        chosen = arrow_of_bools(kept)
        names, pickups = names.filter(chosen), pickups.filter(chosen)
        dropoffs = None if dropoffs is None else dropoffs.filter(chosen)
    arrays = [
        names,
        pickups,
        arrow_of(rides.pickup_zones),
        arrow_of(rides.dropoff_zones),
        arrow_of(rides.distances_miles),
        arrow_of(scored.durations_minutes),
        arrow_of_bools(scored.known_routes),
        pa.DictionaryArray.from_arrays(arrow_of(np.zeros(len(rides), np.int8)), arrow_of_text(version)),
    ]
    if dropoffs is None:
        return pa.RecordBatch.from_arrays(arrays, schema=prediction_schema(has_dropoff=False)), None
    actual, is_complete = _actual(pickups, dropoffs)
    differences = actual - scored.durations_minutes
    arrays += [_nullable(each, is_complete) for each in (actual, differences)]
    return pa.RecordBatch.from_arrays(arrays, schema=prediction_schema(has_dropoff=True)), actual


def _told(batch: RowBatch, stem: str) -> tuple[Any, Any, Any | None]:
    """Names, pick-up and drop-off times of all rows; None without a drop-off column."""
    columns = batch.columns
    names = numbered_names(stem, len(batch), batch.first_row)
    if Column.RIDE_ID in columns:
        import pyarrow.compute as pc

        names = pc.coalesce(columns[Column.RIDE_ID].cast(pa.string()), names)
    pickups = _times(columns[Column.PICKUP]) if Column.PICKUP in columns else pa.nulls(len(batch), _TIME)
    return names, pickups, _times(columns[Column.DROPOFF]) if Column.DROPOFF in columns else None


def _times(column: Any) -> Any:
    """As the TLC's files have them; others are read with what that takes."""
    if column.type == _TIME:
        return column
    from scoring.rides.parsing import as_times

    return as_times(column)


def _actual(pickups: Any, dropoffs: Any) -> tuple[FloatArray, bool]:
    """Minutes between, NaN where either time is missing; and whether none is."""
    if not (pickups.null_count or dropoffs.null_count):
        return (ticks_of(dropoffs) - ticks_of(pickups)) / MICROSECONDS_A_MINUTE, True
    from scoring.rides.parsing import minutes_between

    minutes: FloatArray = minutes_between(pickups, dropoffs).to_numpy(zero_copy_only=False)  # its nulls are NaN
    return minutes, False


def _nullable(minutes: FloatArray, is_complete: bool) -> Any:
    return arrow_of(minutes, None if is_complete else ~np.isnan(minutes))
