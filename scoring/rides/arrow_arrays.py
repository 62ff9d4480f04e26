"""numpy to Arrow without a copy, and back.

pyarrow's own ways (``pyarrow.array``, ``to_numpy``) import pandas wherever that is installed, which costs a million
rides.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.rides.columns import BoolArray, IntArray

MICROSECONDS_A_MINUTE: Final = 60e6  # of what ticks_of gives of times in microseconds
_KINDS: Final = {np.dtype(np.float64): pa.float64(), np.dtype(np.int64): pa.int64(), np.dtype(np.int8): pa.int8()}
_DTYPES: Final = {
    **{getattr(pa, name)(): np.dtype(name) for bits in (8, 16, 32, 64) for name in (f"int{bits}", f"uint{bits}")},
    pa.float32(): np.dtype(np.float32),
    pa.float64(): np.dtype(np.float64),
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


def arrow_of_text(text: str) -> Any:
    """An Arrow array of one string."""
    content = text.encode()
    offsets = np.array([0, len(content)], np.int32)
    return pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(offsets), pa.py_buffer(content)])


def numbers_of(array: Any) -> Any:
    """The numbers of an Arrow array of integers or floats without nulls: shape (n,), its own and not to be written."""
    dtype = _DTYPES[array.type]
    content = array.buffers()[1]
    if content is None:
        return np.empty(0, dtype)
    return np.frombuffer(content, dtype, len(array), array.offset * dtype.itemsize)


def ticks_of(times: Any) -> IntArray:
    """The same of times, in their unit."""
    ticks: IntArray = numbers_of(times.view(pa.int64()))
    return ticks


def _bits(values: BoolArray) -> Any:
    return pa.py_buffer(np.packbits(values, bitorder="little"))
