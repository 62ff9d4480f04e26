"""The names of rides that have none, as an Arrow array: ``stem_0``, ``stem_1``, ...

Laid out by numpy in runs that share all but their last four digits; strings one by one, or Arrow's join, cost more than
the scoring. A request's few are joined at once, since numpy's calls would cost more than they save.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Bytes = npt.NDArray[np.uint8]
_RUN: Final = 10_000


def numbered_names(stem: str, count: int, first: int = 0) -> Any:
    """A string array of ``count`` names, numbered from ``first``; they must have less than 2 GiB together."""
    if first == 0 and count <= _RUN:
        return _first_names(f"{stem}_".encode(), count)
    runs = [(past - start, *_parts(stem, start, past)) for start, past in _runs(first, first + count)]
    content = bytearray().join((head + bytes(digits.shape[1])) * rows for rows, head, digits in runs)
    offsets = np.empty(count + 1, np.int32)
    offsets[0] = row = end = 0
    for rows, head, digits in runs:
        width = len(head) + digits.shape[1]
        number = _number(len(head), digits.shape[1])
        np.ndarray(rows, number, content, end)["digits"] = (
            np.ascontiguousarray(digits).reshape(-1).view(number["digits"])
        )
        offsets[row + 1 : row + rows + 1] = np.arange(end + width, end + rows * width + 1, width, dtype=np.int32)
        row, end = row + rows, end + rows * width
    return pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(offsets), pa.py_buffer(content)])


def _first_names(head: bytes, count: int) -> Any:
    numbers, ends = _first_numbers()
    content = head.join(numbers[: count + 1])
    offsets = ends[: count + 1] + np.arange(0, (count + 1) * len(head), len(head), dtype=np.int32)
    return pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(offsets), pa.py_buffer(content)])


@cache
def _first_numbers() -> tuple[list[bytes], npt.NDArray[np.int32]]:
    """Nothing, ``0``, ``1``, ... ``9999``, and where each ends when they are joined: int32, shape (10001,)."""
    numbers = [b"", *(str(number).encode() for number in range(_RUN))]
    return numbers, np.cumsum([len(number) for number in numbers], dtype=np.int32)


def _number(head_bytes: int, digits: int) -> np.dtype[Any]:
    """The layout of one name: its digits after what all names of the run share; four are copied as one number."""
    kind = "<u4" if digits == 4 else f"V{digits}"
    return np.dtype({"names": ["digits"], "formats": [kind], "offsets": [head_bytes], "itemsize": head_bytes + digits})


def _runs(first: int, past: int) -> Iterator[tuple[int, int]]:
    """Cut a range where the ten thousands change and, below ten thousand, where the number of digits does."""
    while first < past:
        end = 10 ** len(str(first)) if first < _RUN else (first // _RUN + 1) * _RUN
        yield first, min(end, past)
        first = min(end, past)


def _parts(stem: str, start: int, past: int) -> tuple[bytes, Bytes]:
    """What the names of a run begin with, and the digits of each that differ: uint8, (numbers, 1 to 4)."""
    thousands, low = divmod(start, _RUN)
    digits = _four_digits()[low : low + past - start]
    if thousands:
        return f"{stem}_{thousands}".encode(), digits
    return f"{stem}_".encode(), digits[:, 4 - len(str(start)) :]


@cache
def _four_digits() -> Bytes:
    """``0000`` to ``9999``: uint8, shape (10000, 4)."""
    text = "".join(f"{number:04}" for number in range(_RUN))
    return np.frombuffer(text.encode(), np.uint8).reshape(_RUN, 4)
