"""Rows to one parquet file in bounded memory, with the digest of its bytes taken as they are written.

The same rows make the same bytes, however they come.
"""

import contextlib
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from batch.digesting_sink import DigestingSink
from batch.manifest import OutputFile
from batch.output import Output

ROW_GROUP_ROWS: Final = 1 << 19
_DICTIONARIES: Final = (
    "PULocationID",
    "DOLocationID",
    "trip_distance",
    "model_version",
    "actual_duration",
    "field",
    "reason",
)
_DELTAS: Final = {"pickup_datetime": "DELTA_BINARY_PACKED", "row_number": "DELTA_BINARY_PACKED"}


def writer_options(schema: Any) -> dict[str, Any]:
    """How pyarrow is to write a schema's columns: what each compresses best by for its time."""
    names = set(schema.names)
    return {
        "compression": "zstd",
        "use_dictionary": [name for name in _DICTIONARIES if name in names],
        "column_encoding": {name: encoding for name, encoding in _DELTAS.items() if name in names},
    }


class PartWriter:
    """Collects rows and writes them a row group at a time."""

    def __init__(self, file: Any, schema: Any) -> None:
        self._sink = DigestingSink(file)
        self._schema = schema
        self._writer = pq.ParquetWriter(self._sink, schema, **writer_options(schema))
        self._waiting: list[Any] = []
        self._waiting_rows = 0
        self.rows = 0

    def write(self, batch: Any) -> None:
        """Add a record batch or table of the schema."""
        batches = batch.to_batches() if isinstance(batch, pa.Table) else [batch]
        for each in batches:
            while len(each):
                taken = each.slice(0, ROW_GROUP_ROWS - self._waiting_rows)
                self._waiting.append(taken)
                self._waiting_rows += len(taken)
                each = each.slice(len(taken))  # noqa: PLW2901
                if self._waiting_rows == ROW_GROUP_ROWS:
                    self._flush()

    def finish(self, name: str) -> OutputFile:
        """Write what waits and the footer; what came of it, under the name that it will have."""
        if self._waiting_rows or not self.rows:
            self._flush()
        self._writer.close()
        self._sink.finish()
        return OutputFile(name, self.rows, self._sink.size_bytes, self._sink.sha256())

    def abandon(self) -> None:
        """Give up; pyarrow writes a footer when it closes, which goes nowhere."""
        self._sink.abandon()
        with contextlib.suppress(Exception):
            self._writer.close()

    def _flush(self) -> None:
        table = pa.Table.from_batches(self._waiting, schema=self._schema)
        if len(table):
            self._writer.write_table(table, row_group_size=ROW_GROUP_ROWS)
        self.rows += len(table)
        self._waiting, self._waiting_rows = [], 0


@contextlib.contextmanager
def part_writer(output: Output, name: str, schema: Any) -> Iterator[PartWriter]:
    """A writer of the file ``name``, which appears when the block ends well."""
    with output.create(name) as file:
        writer = PartWriter(file, schema)
        try:
            yield writer
        except BaseException:
            writer.abandon()
            raise
