"""numpy and Arrow hold the same numbers, and pandas is not imported for it."""

import subprocess
import sys
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from scoring.rides.arrow_arrays import arrow_of, arrow_of_bools, arrow_of_text, numbers_of, ticks_of


@pytest.mark.parametrize("values", [np.arange(-3, 9), np.linspace(0, 1, 10)[::3], np.zeros(0), np.zeros(5, np.int8)])
def test_numbers_stay_the_same(values: Any) -> None:
    array = arrow_of(values)
    array.validate(full=True)
    assert array.equals(pa.array(values))


def test_what_does_not_count_is_null() -> None:
    array = arrow_of(np.array([1.5, np.nan, 2.5]), np.array([True, False, True]))
    assert (array.to_pylist(), array.null_count) == ([1.5, None, 2.5], 1)


@pytest.mark.parametrize("count", [0, 1, 8, 13])
def test_booleans_stay_the_same(count: int) -> None:
    values = np.arange(count) % 3 == 0
    array = arrow_of_bools(values)
    array.validate(full=True)
    assert array.to_pylist() == values.tolist()


@pytest.mark.parametrize("text", ["", "20260101-000000-abc123", "é"])
def test_text_stays_the_same(text: str) -> None:
    arrow_of_text(text).validate(full=True)
    assert arrow_of_text(text).equals(pa.array([text]))


def test_times_are_numbers() -> None:
    times = pa.array([5, 6, 7], pa.timestamp("us")).slice(1)
    assert ticks_of(times).tolist() == [6, 7]


@pytest.mark.parametrize(
    "kind", [pa.int8(), pa.uint16(), pa.int32(), pa.int64(), pa.uint64(), pa.float32(), pa.float64()]
)
def test_numbers_come_back_from_any_part_of_an_array(kind: Any) -> None:
    array = pa.array([1, 2, 3, 4], kind)
    for part in (array, array.slice(1), array.slice(1, 2), array.slice(4), pa.array([], kind)):
        assert numbers_of(part).tolist() == part.to_pylist()
        assert numbers_of(part).dtype == part.to_numpy().dtype


def test_pandas_is_not_imported() -> None:
    script = (
        "import sys, numpy, scoring.rides.arrow_arrays as a; a.numbers_of(a.arrow_of(numpy.zeros(3))); "
        "print('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
