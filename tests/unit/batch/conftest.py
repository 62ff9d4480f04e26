"""Fixtures of the file door's unit tests: real files of rides, a real model, and outputs of one's own."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batch.plan import Plan, plan
from batch.report import RunReport
from batch.run import score
from scoring.models.model import Model
from scoring.scorer import Scorer
from scoring.scorer_source import FixedScorer
from scoring.settings.batch_settings import BatchSettings

VERSION = "20260101-000000-abc123"
WriteRides = Callable[..., str]
ScoreFiles = Callable[..., RunReport]


@pytest.fixture(scope="session")
def scorer(trained_model: Model) -> Scorer:
    return Scorer(trained_model, VERSION)


@pytest.fixture
def settings() -> BatchSettings:
    """Small parts, so that small files have several."""
    return BatchSettings(processes=1, part_rows=1_000)


def rides_table(rows: int, seed: int = 0, **columns: Any) -> pa.Table:
    """Rides in the green dialect, some of unseen routes; columns given replace or add."""
    random = np.random.default_rng(seed)
    pickups = 1_609_459_200_000_000 + random.integers(0, 10**12, rows)
    found = {
        "lpep_pickup_datetime": pa.array(pickups, pa.timestamp("us")),
        "lpep_dropoff_datetime": pa.array(pickups + random.integers(0, 4 * 10**9, rows), pa.timestamp("us")),
        "PULocationID": pa.array(random.integers(1, 266, rows)),
        "DOLocationID": pa.array(random.integers(1, 266, rows)),
        "trip_distance": pa.array(np.round(random.gamma(2, 2, rows), 2)),
    }
    return pa.table(found | columns)


@pytest.fixture
def write_rides(tmp_path: Path) -> WriteRides:
    """Write a parquet file into the folder ``landing``; the path."""

    def write(name: str, rows: int = 2_500, seed: int = 0, group_rows: int = 500, **columns: Any) -> str:
        path = tmp_path / "landing" / name
        path.parent.mkdir(exist_ok=True)
        pq.write_table(rides_table(rows, seed, **columns), path, row_group_size=group_rows)
        return str(path)

    return write


@pytest.fixture
def output(tmp_path: Path) -> str:
    return str(tmp_path / "predictions")


@pytest.fixture
def score_files(scorer: Scorer, settings: BatchSettings, output: str) -> ScoreFiles:
    """Run the file door over files, into :func:`output` by default."""

    def run(*inputs: str, into: str = output, by: Scorer = scorer, **options: Any) -> RunReport:
        return score(inputs, into, FixedScorer(by), options.pop("settings", settings), **options)

    return run


@pytest.fixture
def planned(write_rides: WriteRides, output: str, settings: BatchSettings) -> Plan:
    """Two files of three parts, one with a quarantined row in each."""
    zones = [7, 0] * 1_250
    inputs = [write_rides("a.parquet"), write_rides("b.parquet", seed=1, PULocationID=pa.array(zones))]
    return plan(inputs, output, VERSION, settings)


def files_of(folder: str) -> dict[str, str]:
    """Every file of an output but its lock and its manifests, which hold times: its digest by name."""
    root = Path(folder)
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != ".lock" and path.parent.name != "manifests"
    }


def read_all(paths: Sequence[str]) -> pa.Table:
    """Files of predictions as one table, in their order."""
    return pa.concat_tables([pq.read_table(path).cast(_plain(pq.read_schema(path))) for path in paths])


def _plain(schema: Any) -> Any:
    kinds = [field.type.value_type if pa.types.is_dictionary(field.type) else field.type for field in schema]
    return pa.schema(list(zip(schema.names, kinds, strict=True)))


@pytest.fixture
def empty_memory() -> Iterator[None]:
    """Nothing is at memory:// before or after."""
    files = fsspec.filesystem("memory")

    def clear() -> None:
        files.store.clear()
        files.pseudo_dirs[:] = [""]

    clear()
    yield
    clear()
