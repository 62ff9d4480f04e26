"""The names of rides that have none, as an Arrow array: ``stem_0``, ``stem_1``, ...

Laid out by numpy in runs that share all but their last four digits; strings one by one, or Arrow's join, cost more than
the scoring. A request's few are joined at once, since numpy's calls would cost more than they save.
"""

from collections.abc import Iterator
from functools import cache, lru_cache
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
    prefix = f"{stem}_".encode()
    # Names of one length lie a fixed distance apart: their offsets are those of the last batch, and are made once.
    if count and len(str(first)) == len(str(first + count - 1)):
        width = len(prefix) + len(str(first))
        content = np.empty(count * width, np.uint8)
        _write_names(content, prefix, first, count)
        return _array(count, _even_offsets(count, width), content)
    pieces = [
        (start, past - start, len(prefix) + len(str(start))) for start, past in _of_one_length(first, first + count)
    ]
    content = np.empty(sum(rows * width for _start, rows, width in pieces), np.uint8)
    offsets = np.zeros(count + 1, np.int32)
    row = end = 0
    for start, rows, width in pieces:
        _write_names(content[end : end + rows * width], prefix, start, rows)
        offsets[row + 1 : row + rows + 1] = end + _even_offsets(rows, width)[1:]
        row, end = row + rows, end + rows * width
    return _array(count, offsets, content)


def _array(count: int, offsets: npt.NDArray[np.int32], content: Bytes | bytes) -> Any:
    return pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(offsets), pa.py_buffer(content)])


def _first_names(head: bytes, count: int) -> Any:
    numbers, ends = _first_numbers()
    content = head.join(numbers[: count + 1])
    offsets = np.arange(0, (count + 1) * len(head), len(head), dtype=np.int32)
    offsets += ends[: count + 1]
    return _array(count, offsets, content)


@cache
def _first_numbers() -> tuple[list[bytes], npt.NDArray[np.int32]]:
    """Nothing, ``0``, ``1``, ... ``9999``, and where each ends when they are joined: int32, shape (10001,)."""
    numbers = [b"", *(str(number).encode() for number in range(_RUN))]
    return numbers, np.cumsum([len(number) for number in numbers], dtype=np.int32)


def _write_names(content: Bytes, prefix: bytes, first: int, count: int) -> None:
    """Fill in names that all have the same length."""
    digits = len(str(first))
    names = content.reshape(count, len(prefix) + digits)
    low = min(digits, 4)
    # A row of bytes is copied as one value, and so are four digits; bytes one by one take ten times as long.
    heads = content.view(np.dtype((np.void, names.shape[1])))
    tails = names[:, -low:] if low < 4 else _last_four(names)
    for start, past in _runs(first, first + count):
        rows = slice(start - first, past - first)
        heads[rows] = np.void(prefix + str(start).encode())
        table = _four_digits()[start % _RUN : start % _RUN + past - start]
        tails[rows] = table[:, -low:] if low < 4 else table.view("<u4")[:, 0]


def _last_four(names: Bytes) -> Any:
    return np.ndarray(len(names), "<u4", names, names.shape[1] - 4, (names.shape[1],))


@lru_cache(maxsize=4)
def _even_offsets(count: int, width: int) -> npt.NDArray[np.int32]:
    offsets = np.arange(0, (count + 1) * width, width, dtype=np.int32)
    offsets.flags.writeable = False
    return offsets


def _of_one_length(first: int, past: int) -> Iterator[tuple[int, int]]:
    """Cut a range where the number of digits changes."""
    while first < past:
        end = min(10 ** len(str(first)), past)
        yield first, end
        first = end


def _runs(first: int, past: int) -> Iterator[tuple[int, int]]:
    """Cut a range where the ten thousands change."""
    while first < past:
        end = min((first // _RUN + 1) * _RUN, past)
        yield first, end
        first = end


@cache
def _four_digits() -> Bytes:
    """``0000`` to ``9999``: uint8, shape (10000, 4)."""
    text = "".join(f"{number:04}" for number in range(_RUN))
    return np.frombuffer(text.encode(), np.uint8).reshape(_RUN, 4)
