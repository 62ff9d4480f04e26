"""Files as large as is asked for, of real rides: months of the TLC repeated, with all their columns and types."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from scoring.rides.columns import RideColumns

ROW_GROUP_ROWS: Final = 1 << 20  # pyarrow's default, and so what files of the TLC have where they are that long


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file of rides.

    Attributes:
        path: to it.
        rows: how many.
        sums: of its rides, whichever order they are in; see :func:`sums_of`.
    """

    path: Path
    rows: int
    sums: tuple[int, int]


def read_months(paths: Sequence[Path]) -> Any:
    """Months one after another, as a table of one chunk; types are the first month's.

    Raises:
        pyarrow.ArrowException: one is no parquet file, or does not have the first one's columns.
    """
    first, *others = (pq.read_table(path) for path in paths)
    return pa.concat_tables([first, *(each.cast(first.schema) for each in others)]).combine_chunks()


def make_file(path: Path, months: Any, rows: int) -> MadeFile:
    """Repeat months until there are so many rows, and write them as the TLC does, compressed by zstd."""
    pickups, miles = 0, 0
    with pq.ParquetWriter(path, months.schema, compression="zstd") as writer:
        for start in range(0, rows, ROW_GROUP_ROWS):
            group = pa.concat_tables(_repeated(months, start, min(ROW_GROUP_ROWS, rows - start)))
            writer.write_table(group, row_group_size=ROW_GROUP_ROWS)
            more = sums_of(columns_of(group))
            pickups, miles = pickups + more[0], miles + more[1]
    return MadeFile(path, rows, (pickups, miles))


def columns_of(table: Any) -> RideColumns:
    """The rides of a table or record batch of valid rows."""
    zones = (table.column(name).to_numpy().astype(np.int64) for name in ("PULocationID", "DOLocationID"))
    return RideColumns(*zones, table.column("trip_distance").to_numpy().astype(np.float64))


def sums_of(rides: RideColumns) -> tuple[int, int]:
    """Two whole numbers that differ where rides are lost or doubled: of routes, and of hundredths of a mile."""
    routes = int((rides.pickup_zones * 1_000 + rides.dropoff_zones).sum())
    return routes, int(np.rint(rides.distances_miles * 100).astype(np.int64).sum())


def _repeated(months: Any, start: int, rows: int) -> Iterator[Any]:
    """Rows from a place on, the months being repeated without end; slices without a copy."""
    while rows:
        place = start % len(months)
        taken = months.slice(place, rows)
        yield taken
        start, rows = start + len(taken), rows - len(taken)
