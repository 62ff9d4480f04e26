"""numpy to Arrow without a copy, and back.

``pyarrow.array`` of a numpy array imports pandas wherever that is installed, which takes longer than a million rides.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.rides.columns import BoolArray, IntArray

_KINDS = {
    np.dtype(np.float64): pa.float64(),
    np.dtype(np.int64): pa.int64(),
    np.dtype(np.int8): pa.int8(),
}


def arrow_of(values: npt.NDArray[Any], valid: BoolArray | None = None) -> Any:
    """An Arrow array of the same numbers, which stays theirs.

    Args:
        values: float64, int64 or int8, shape (n,).
        valid: where they count, shape (n,); the others are null. None for everywhere.
    """
    flat = np.ascontiguousarray(values)
    return pa.Array.from_buffers(
        _KINDS[flat.dtype], len(flat), [None if valid is None else _bits(valid), pa.py_buffer(flat)]
    )


def arrow_of_bools(values: BoolArray) -> Any:
    """An Arrow array of booleans, shape (n,)."""
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, _bits(values)])


def as_int64(array: Any) -> IntArray:
    """The numbers of an array of int64 or of times, without nulls, without a copy."""
    numbers: IntArray = array.view(pa.int64()).to_numpy()
    return numbers


def _bits(values: BoolArray) -> Any:
    return pa.py_buffer(np.packbits(values, bitorder="little"))
