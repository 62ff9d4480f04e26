"""Fixtures of these unit tests: small files in every shape, and what is read from them."""

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring.rides.dialect import Column
from scoring.rides.files import open_ride_file
from scoring.rides.parsing import as_miles, as_zones

Save = Callable[..., str]
ReadAll = Callable[[str], int]
ZonesAndMiles = Callable[..., tuple[list[Any], list[Any], list[Any]]]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Write columns as parquet, or text or bytes as they are; gives the path."""

    def write(content: Mapping[str, Any] | str | bytes, name: str = "rides.parquet", **options: Any) -> str:
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, str):
            path.write_bytes(content.encode())
        else:
            pq.write_table(pa.table(dict(content)), path, **options)
        return str(path)

    return write


@pytest.fixture
def month_bytes() -> bytes:
    """A parquet file of 20,000 rows in four row groups, with checksums."""
    random = np.random.default_rng(1)
    n = 20_000
    columns = {"PULocationID": random.integers(1, 266, n), "DOLocationID": random.random(n), "miles": random.random(n)}
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, row_group_size=5_000, write_page_checksum=True)
    return buffer.getvalue()


@pytest.fixture
def zones_and_miles() -> ZonesAndMiles:
    """Read pick-up zones, drop-off zones and miles of a file; no miles where it has no such column."""

    def read(path: str, given: Mapping[Column, str] | None = None) -> tuple[list[Any], list[Any], list[Any]]:
        pickups: list[Any] = []
        dropoffs: list[Any] = []
        miles: list[Any] = []
        with open_ride_file(path, given=given) as file:
            for batch in file.batches():
                pickups += as_zones(batch.columns[Column.PULocationID]).to_pylist()
                dropoffs += as_zones(batch.columns[Column.DOLocationID]).to_pylist()
                if Column.TRIP_DISTANCE in batch.columns:
                    miles += as_miles(batch.columns[Column.TRIP_DISTANCE]).to_pylist()
        return pickups, dropoffs, miles

    return read


@pytest.fixture
def read_all() -> ReadAll:
    """Read a file to its end; gives the number of its rows."""

    def read(path: str) -> int:
        with open_ride_file(path) as file:
            return sum(len(batch) for batch in file.batches())

    return read
