"""Files of rides, read in bounded memory: parquet by row group and CSV by block, in whatever dialect.

Gives columns as they are in the file, with our names; what is a valid ride is judged by whoever reads.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from scoring.errors import RideFileError, first_line
from scoring.rides.dialect import Column, Dialect, find_dialect
from scoring.rides.file_bytes import open_bytes

BATCH_ROWS: Final = 65_536
_CSV_BLOCK_BYTES: Final = 8 << 20
_HEAD_BYTES: Final = 1 << 16  # the longest header line of a CSV file
_READ_BYTES: Final = 1 << 20  # else a column of a row group is read whole, however large it is
_PARQUET_MAGIC: Final = b"PAR1"
LOCATIONS: Final = (Column.PULocationID, Column.DOLocationID)


@dataclass(frozen=True, slots=True)
class RowBatch:
    """Some consecutive rows of a file.

    Attributes:
        first_row: the number of the first of them in the file, from 0.
        columns: Arrow arrays of one length, in the file's own types; only columns that the file has.
    """

    first_row: int
    columns: Mapping[Column, Any]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))


@dataclass(frozen=True, slots=True)
class RideFile:
    """An open file of rides.

    Attributes:
        path: as given.
        stem: the file's name without folder and ending.
        dialect: which of its columns are which.
        rows: how many rows it has; None where only reading tells (CSV).
        row_group_rows: how many rows each of its row groups has; empty where it has none (CSV).
    """

    path: str
    stem: str
    dialect: Dialect
    rows: int | None
    row_group_rows: tuple[int, ...]
    _source: Any

    def batches(self, row_groups: range | None = None) -> Iterator[RowBatch]:
        """Read on, some rows at a time, on this thread alone.

        Args:
            row_groups: only these, one after another; all by default. A CSV file has none to choose from.

        Raises:
            RideFileError: the file is damaged further in.
        """
        names = self.dialect.names
        first_row = sum(self.row_group_rows[: row_groups.start]) if row_groups else 0
        try:
            for batch in self._record_batches(list(names.values()), row_groups):
                columns = {column: batch.column(name) for column, name in names.items()}
                if batch.num_rows:
                    yield RowBatch(first_row, columns)
                first_row += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            raise RideFileError(
                f"{self.path} is damaged after row {first_row}: {first_line(error)}; fetch it again"
            ) from error

    def _record_batches(self, wanted: list[str], row_groups: range | None) -> Iterator[Any]:
        if isinstance(self._source, pq.ParquetFile):
            yield from self._source.iter_batches(BATCH_ROWS, row_groups=row_groups, columns=wanted, use_threads=False)
        else:
            yield from self._source


@contextmanager
def open_ride_file(
    path: str,
    needed: Collection[Column] = LOCATIONS,
    given: Mapping[Column, str] | None = None,
) -> Iterator[RideFile]:
    """Open a parquet or CSV file, by its content.

    Args:
        path: a local path or an fsspec URL.
        needed: columns without which the file is of no use.
        given: the file's names for columns, where its dialect is its own.

    Raises:
        RideFileError: there is none, it is empty, it is of another kind, or a needed column is missing.
    """
    with open_bytes(path) as file:
        yield _ride_file(path, file, needed, given)


def _ride_file(path: str, file: Any, needed: Collection[Column], given: Mapping[Column, str] | None) -> RideFile:
    try:
        head = file.read(_HEAD_BYTES)
        file.seek(0)
    except OSError as error:
        raise RideFileError(f"cannot read {path}: {error.strerror or error}") from error
    if not head:
        raise RideFileError(f"{path} is empty: it has no bytes; fetch it again")
    name = PurePosixPath(path)
    try:
        if head.startswith(_PARQUET_MAGIC):
            source = pq.ParquetFile(file, page_checksum_verification=True, buffer_size=_READ_BYTES)
            names, rows = source.schema_arrow.names, source.metadata.num_rows
            groups = tuple(source.metadata.row_group(group).num_rows for group in range(source.num_row_groups))
        elif name.suffix.lower() in (".csv", ".txt") and b"\0" not in head:
            names, rows = _csv_names(path, head), None
            dialect = find_dialect(names, path, needed, given)
            return RideFile(path, name.stem, dialect, rows, (), _open_csv(file, names, dialect))
        else:
            raise RideFileError(
                f"{path} is neither parquet nor CSV; rides are read from .parquet and .csv files"
                + (" (it is named .parquet but does not begin as one; fetch it again)" if _says_parquet(name) else "")
            )
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:  # a damaged footer raises any of these
        raise RideFileError(f"{path} is damaged: {first_line(error)}; fetch it again") from error
    return RideFile(path, name.stem, find_dialect(names, path, needed, given), rows, groups, source)


def _says_parquet(name: PurePosixPath) -> bool:
    return name.suffix.lower() in (".parquet", ".pq")


def _csv_names(path: str, head: bytes) -> list[str]:
    header = re.split(rb"\r\n|\n|\r", head, maxsplit=1)[0]
    try:
        table = csv.read_csv(pa.BufferReader(header + b"\n"))
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise RideFileError(f"{path} has no header line: {first_line(error)}") from error
    names: list[str] = table.column_names
    return names


def _open_csv(file: Any, names: list[str], dialect: Dialect) -> Any:
    """Read every column as text: a type guessed from the first block may not fit the next."""
    return csv.open_csv(
        file,
        read_options=csv.ReadOptions(block_size=_CSV_BLOCK_BYTES, use_threads=False),
        convert_options=csv.ConvertOptions(
            column_types={name: pa.string() for name in names},
            include_columns=list(dialect.names.values()),
            strings_can_be_null=True,
            null_values=["", "NULL", "null", "NaN", "nan", "NA"],
        ),
    )
