"""A batch as an Arrow IPC stream, there and back."""

from typing import Any

import pyarrow as pa

from api.client.errors import UnexpectedAnswer


def stream_of(table: Any) -> bytes:
    """A table as one stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def read_stream(body: bytes, asked: int, url: str) -> Any:
    """A stream as a table.

    Raises:
        UnexpectedAnswer: it is none, or answers another number of rides.
    """
    try:
        with pa.ipc.open_stream(body) as reader:
            table = reader.read_all()
    except (pa.ArrowException, OSError) as error:
        raise UnexpectedAnswer(f"{url} answered no Arrow stream: {error}") from None
    if table.num_rows != asked:
        raise UnexpectedAnswer(f"{url} answered {table.num_rows} rides of {asked}")
    return table
