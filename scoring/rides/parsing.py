"""From a file's columns, whatever their types, to nullable integers, floats and times.

What cannot be read as its type becomes null, and is counted by whoever reads; nothing is guessed and nothing raises
for a single bad value.
"""

from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from scoring.rides.arrow_arrays import MICROSECONDS_A_MINUTE

_WHOLE: Final = r"^\s*[0-9]{1,9}(\.0*)?\s*$"
_NUMBER: Final = r"^\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?\s*$"
_TIME: Final = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?( ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?$"
)
_TIME_FORMAT: Final = "%Y-%m-%d %H:%M:%S"
_WIDEST_EXACT: Final = 2.0**53
_LARGEST_INT64: Final = (1 << 63) - 1


def as_zones(column: Any) -> Any:
    """Location ids of any type as int64; null where the value is not a whole number.

    Args:
        column: an Arrow array or chunked array of integers, floats (130.0), decimals, strings, or all null.
    """
    column = _flat(column)
    if pa.types.is_string(column.type):
        column = _parsed(column, _WHOLE)
    if pa.types.is_decimal(column.type) or pa.types.is_uint64(column.type):
        column = column.cast(pa.float64(), safe=False)
    if pa.types.is_floating(column.type):
        doubles = column.cast(pa.float64())
        whole = pc.and_(pc.equal(doubles, pc.floor(doubles)), pc.less(pc.abs(doubles), _WIDEST_EXACT))
        return pc.if_else(pc.fill_null(whole, False), doubles, pa.scalar(None, pa.float64())).cast(pa.int64())
    if pa.types.is_integer(column.type) or pa.types.is_null(column.type):
        return column.cast(pa.int64())
    return pa.nulls(len(column), pa.int64())


def as_miles(column: Any) -> Any:
    """Distances of any type as float64; null where the value is not a number, NaN and infinities kept as they are."""
    column = _flat(column)
    kind = column.type
    if pa.types.is_string(kind):
        return _parsed(column, _NUMBER)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind):
        return column.cast(pa.float64(), safe=False)
    return pa.nulls(len(column), pa.float64())


def as_times(column: Any) -> Any:
    """Times of any type as timestamp in microseconds without zone; null where the value is not a time.

    Text is read as ``2021-01-31 23:59:59``, to the second, with a ``T`` between or not; what follows (fractions, the
    offset from UTC) is dropped.
    """
    column = _flat(column)
    if pa.types.is_string(column.type):
        column = _parsed_times(column)
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        column = _within_int64(column)
        return column.cast(pa.timestamp("us", getattr(column.type, "tz", None)), safe=False).cast(pa.timestamp("us"))
    return pa.nulls(len(column), pa.timestamp("us"))


def minutes_between(pickups: Any, dropoffs: Any) -> Any:
    """From one time to the other, as :func:`as_times` gives them: float64, null where either is."""
    elapsed = pc.subtract(dropoffs, pickups).cast(pa.int64())
    return pc.divide(elapsed.cast(pa.float64(), safe=False), MICROSECONDS_A_MINUTE)


def _flat(column: Any) -> Any:
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):  # what is too large for one chunk
            column = pa.concat_arrays(column.chunks)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        column = column.cast(pa.string())
    return column


def _parsed(column: Any, pattern: str) -> Any:
    return _matching(pc.utf8_trim_whitespace(column), pattern).cast(pa.float64())


def _parsed_times(column: Any) -> Any:
    """Times that read back as they were written: the parser would take 31 February for 3 March."""
    text = pc.utf8_slice_codeunits(pc.replace_substring(_matching(column, _TIME), "T", " "), 0, 19)
    times = pc.strptime(text, format=_TIME_FORMAT, unit="s", error_is_null=True)
    same = pc.fill_null(pc.equal(pc.strftime(times, format=_TIME_FORMAT), text), False)
    return pc.if_else(same, times, pa.scalar(None, pa.timestamp("s")))


def _matching(column: Any, pattern: str) -> Any:
    matches = pc.fill_null(pc.match_substring_regex(column, pattern), False)
    return pc.if_else(matches, column, pa.scalar(None, pa.string()))


def _within_int64(column: Any) -> Any:
    """Null where microseconds would not fit 64 bits: the cast would wrap round to another time."""
    unit = _microseconds_a_unit(column.type)
    if unit == 1:
        return column
    numbers = column.cast(pa.int32() if pa.types.is_date32(column.type) else pa.int64()).cast(pa.int64())
    fits = pc.and_(pc.less_equal(numbers, _LARGEST_INT64 // unit), pc.greater_equal(numbers, -(_LARGEST_INT64 // unit)))
    return pc.if_else(fits, column, pa.scalar(None, column.type))


def _microseconds_a_unit(kind: Any) -> int:
    if pa.types.is_date32(kind):
        return 86_400_000_000
    if pa.types.is_date64(kind):
        return 1_000
    return {"s": 1_000_000, "ms": 1_000}.get(kind.unit, 1)
