"""Quarantined rows say what is wrong, in the words of every door, and keep their values."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from batch.refusals import quarantined
from scoring.errors import InvalidRide, ModelFailed
from scoring.rides.decoder import decode_ride
from scoring.rides.dialect import Column
from scoring.rides.files import RowBatch
from scoring.rides.judged import judge

NONE = np.empty(0, np.int64)


def refused(columns: dict[Column, Any], first_row: int = 0) -> list[dict[str, Any]]:
    batch = RowBatch(first_row, columns)
    judged = judge({column.value: array for column, array in columns.items()})
    found: list[dict[str, Any]] = quarantined(batch, judged.broken, NONE, {}).to_pylist()
    return found


finite = st.floats(allow_nan=False, allow_infinity=False)  # of those JSON has none, and the decoder names them first
zones = st.none() | finite | st.sampled_from([0.0, 1.0, 265.0, 266.0])


@given(st.lists(st.tuples(zones, zones, st.none() | finite), max_size=20))
def test_each_row_is_refused_with_the_first_fault_that_the_decoder_names(rows: list[tuple[Any, Any, Any]]) -> None:
    names = (Column.PULocationID, Column.DOLocationID, Column.TRIP_DISTANCE)
    columns = {name: pa.array([row[at] for row in rows], pa.float64()) for at, name in enumerate(names)}
    expected = []
    for number, row in enumerate(rows):
        try:
            decode_ride(json.dumps(dict(zip(names, row, strict=True))).encode())
        except InvalidRide as error:
            expected.append((100 + number, error.field, error.reason))
    assert [(row["row_number"], row["field"], row["reason"]) for row in refused(columns, 100)] == expected


def test_values_are_kept_as_text() -> None:
    one = pa.array([1, 1, 1])
    columns = {
        Column.PICKUP: pa.array([0, 1, 2], pa.timestamp("us")),
        Column.PULocationID: pa.array(["a", "264", "1e9"]),
        Column.DOLocationID: one,
        Column.TRIP_DISTANCE: pa.array([1.5, 2.0, None]),
        Column.RIDE_ID: pa.array(["x", "y", "z"]),
    }
    first, last = refused(columns)
    assert (first["PULocationID"], first["trip_distance"], first["ride_id"]) == ("a", "1.5", "x")
    assert first["reason"] == "must be a whole number from 1 to 265, not the string 'a'"
    assert first["pickup"].startswith("1970-01-01 00:00:00")
    assert last["reason"] == "must be a whole number from 1 to 265, not 1000000000.0"
    assert last["trip_distance"] is None
    assert last["dropoff"] is None


def test_lists_are_told_too() -> None:
    one = pa.array([1])
    (row,) = refused({Column.PULocationID: pa.array([[1, 2]]), Column.DOLocationID: one, Column.TRIP_DISTANCE: one})
    assert row["reason"] == "must be a whole number from 1 to 265, not a list"
    assert row["PULocationID"] == "[1, 2]"


def test_rows_on_which_the_model_failed_are_told_beside_the_others() -> None:
    one = pa.array([1, 0, 1])
    batch = RowBatch(0, {Column.PULocationID: one, Column.DOLocationID: one, Column.TRIP_DISTANCE: one})
    broken = judge({column.value: array for column, array in batch.columns.items()}).broken
    table = quarantined(batch, broken, np.array([0, 2]), {2: ModelFailed("no such leaf")})
    assert table.column("field").to_pylist() == ["model", "PULocationID", "model"]
    assert table.column("reason")[0].as_py() == "the model gave a duration that is not finite"
    assert table.column("reason")[2].as_py() == "no such leaf"
