"""From files of rides to ride events: parquet and CSV in any dialect, or JSON lines as they are.

Values go out as the file has them: what is wrong with a ride is for the worker to say, in a dead letter.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Final, NamedTuple

import msgspec

from scoring.rides.dialect import Column

_JSON_LINES_ENDINGS: Final = (".jsonl", ".ndjson", ".json")
_RIDE_COLUMNS: Final = (Column.PULocationID, Column.DOLocationID, Column.TRIP_DISTANCE)
_encode = msgspec.json.Encoder().encode
_decode_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class RideEvent(NamedTuple):
    """A ride on its way to a topic: its id as the key, JSON as the value."""

    key: bytes
    value: bytes


def events_of_file(path: str, given: Mapping[Column, str] | None = None) -> Iterator[RideEvent]:
    """Read a file as events; ids are `<stem>_<row>`, rows counted from 0, where a row has none.

    Args:
        path: a local path or fsspec URL; JSON lines by the endings .jsonl, .ndjson and .json.
        given: the file's names for columns, where its dialect is its own.

    Raises:
        RideFileError: the file cannot be read or lacks a column.
    """
    from scoring.rides.file_bytes import open_bytes

    if path.lower().endswith(_JSON_LINES_ENDINGS):
        with open_bytes(path) as file:
            yield from events_of_lines(file, PurePosixPath(path).stem)
    else:
        yield from _events_of_table(path, given)


def rows_of_file(path: str) -> int | None:
    """How many events a file will give, where that is known before reading it: for a progress bar."""
    from scoring.rides.files import open_ride_file

    if path.lower().endswith(_JSON_LINES_ENDINGS):
        return None
    with open_ride_file(path, needed=()) as file:
        return file.rows


def events_of_lines(lines: BinaryIO | Iterable[bytes], stem: str) -> Iterator[RideEvent]:
    """JSON lines as events: an object without an id is given `<stem>_<line>`; anything else goes out as it is."""
    for number, line in enumerate(lines):
        value = line.strip()
        if not value:
            continue
        name = f"{stem}_{number}"
        try:
            fields = _decode_object(value)
            if "ride_id" in fields:
                ride_id = msgspec.json.decode(fields["ride_id"])
                yield RideEvent(ride_id.encode() if isinstance(ride_id, str) else name.encode(), value)
                continue
            value = _encode({"ride_id": name, **fields})
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            pass
        yield RideEvent(name.encode(), value)


def _events_of_table(path: str, given: Mapping[Column, str] | None) -> Iterator[RideEvent]:
    from scoring.rides.files import open_ride_file

    with open_ride_file(path, _RIDE_COLUMNS, given) as file:
        for batch in file.batches():
            columns = {column: _json_values(batch.columns[column]) for column in _RIDE_COLUMNS}
            ids = batch.columns[Column.RIDE_ID].to_pylist() if Column.RIDE_ID in batch.columns else None
            for place, (pickup, dropoff, miles) in enumerate(zip(*columns.values(), strict=True)):
                ride_id = ids[place] if ids else None
                if ride_id is None:
                    ride_id = f"{file.stem}_{batch.first_row + place}"
                event = {
                    "ride_id": ride_id,
                    "PULocationID": pickup,
                    "DOLocationID": dropoff,
                    "trip_distance": miles,
                }
                yield RideEvent(str(ride_id).encode(), _encode(event))


def _json_values(column: Any) -> list[Any]:
    """A column's values as JSON has them; text that is a number (all of CSV is text) as that number."""
    import pyarrow as pa

    from scoring.rides.parsing import as_miles

    values: list[Any] = column.to_pylist()
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return values
    numbers = as_miles(column).to_pylist()
    return [text if number is None else number for text, number in zip(values, numbers, strict=True)]
