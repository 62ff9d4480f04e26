"""Rows that are not scored: which field is at fault, what is wrong with it, and the row's values as they were.

Each different value is described once, so that a file of nothing but wrong rows costs no more than a good one.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa

from scoring.errors import ModelFailed
from scoring.rides.columns import BoolArray, IntArray
from scoring.rides.dialect import Column
from scoring.rides.files import RowBatch
from scoring.rides.judged import fault_of
from scoring.rides.parsing import as_miles

MODEL_AT_FAULT: Final = "model"
NOT_FINITE: Final = "the model gave a duration that is not finite"
QUARANTINE_SCHEMA: Final = pa.schema(
    [
        ("row_number", pa.int64()),
        ("field", pa.string()),
        ("reason", pa.string()),
        *((column.value, pa.string()) for column in Column),
    ]
)


def quarantined(
    batch: RowBatch, broken: Mapping[str, BoolArray], failed: IntArray, failures: Mapping[int, ModelFailed]
) -> Any:
    """A table of :data:`QUARANTINE_SCHEMA`, a row each, in the file's order.

    Args:
        batch: the rows as they were read.
        broken: for each field, the rows that break its rule; the first of several faults is told.
        failed: valid rows on which the model failed.
        failures: what it raised for some of those.
    """
    fields = np.full(len(batch), None, dtype=object)
    reasons = np.full(len(batch), None, dtype=object)
    refused = np.zeros(len(batch), dtype=np.bool_)
    for field, where in broken.items():
        rows = np.flatnonzero(where & ~refused)
        fields[rows] = field
        reasons[rows] = _reasons(field, batch.columns[Column(field)].take(pa.array(rows)))
        refused |= where
    fields[failed] = MODEL_AT_FAULT
    reasons[failed] = [str(failures.get(row, NOT_FINITE)) for row in failed.tolist()]
    refused[failed] = True
    rows = np.flatnonzero(refused)
    columns = [
        pa.array(rows + batch.first_row),
        pa.array(fields[rows], pa.string()),
        pa.array(reasons[rows], pa.string()),
    ]
    for column in Column:
        found = batch.columns.get(column)
        columns.append(pa.nulls(len(rows), pa.string()) if found is None else _as_text(found.take(pa.array(rows))))
    return pa.Table.from_arrays(columns, schema=QUARANTINE_SCHEMA)


def _reasons(field: str, values: Any) -> Any:
    """The reason of each value, made once for each different one: objects, shape (n,)."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    try:
        encoded = values.dictionary_encode(null_encoding="encode")
    except pa.ArrowNotImplementedError:  # lists and the like
        return np.array([fault_of(field, value).reason for value in values.to_pylist()], dtype=object)
    reasons = [fault_of(field, value).reason for value in _python_values(field, encoded.dictionary)]
    return np.array(reasons, dtype=object)[encoded.indices.to_numpy()]


def _python_values(field: str, values: Any) -> list[Any]:
    """As a ride over JSON would have them: text that is a number is told as that number, except in an id."""
    found: list[Any] = values.to_pylist()
    kind = values.type
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    if field == Column.RIDE_ID or not (is_text or pa.types.is_decimal(kind)):
        return found
    return [
        value if number is None else number for value, number in zip(found, as_miles(values).to_pylist(), strict=True)
    ]


def _as_text(values: Any) -> Any:
    try:
        return values.cast(pa.string())
    except pa.ArrowException:
        return pa.array([None if value is None else str(value) for value in values.to_pylist()], pa.string())
