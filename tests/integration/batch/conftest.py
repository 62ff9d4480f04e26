"""The real command as a process of its own, on files large enough to be caught in the middle."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring.registry.registry import Registry
from training.sample_rides import JANUARY, MONTHS
from training.train import TrainingPlan, train_version

LAUNCHER = Path(__file__).with_name("launcher.py")
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> str:
    registry = Registry(str(tmp_path_factory.mktemp("registry") / "models"))
    registry.activate(train_version(TrainingPlan([str(JANUARY)], [], "linear", {}), registry).version)
    return registry.location


@pytest.fixture(scope="session")
def landing(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two files of 120,000 real rides each, repeated, in row groups of 20,000; a few rows of one are no rides."""
    folder = tmp_path_factory.mktemp("landing")
    months = pa.concat_tables([pq.read_table(month) for month in MONTHS])
    rides = pa.concat_tables([months] * 20)
    miles = rides["trip_distance"].to_pylist()
    miles[1_000] = miles[70_000] = -1.0
    place = rides.schema.get_field_index("trip_distance")
    for name, table in (("a", rides), ("b", rides.set_column(place, "trip_distance", pa.array(miles)))):
        pq.write_table(table, folder / f"{name}.parquet", row_group_size=20_000)
    return [str(folder / "a.parquet"), str(folder / "b.parquet")]


@pytest.fixture
def start(registry: str, landing: list[str]) -> Iterator[Start]:
    """Start `ridescore batch score` on the landed files; all are ended with the test."""
    started: list[subprocess.Popen[str]] = []

    def _start(output: str, *words: str, inputs: list[str] | None = None, **more: str) -> "subprocess.Popen[str]":
        kept = {name: text for name, text in os.environ.items() if not name.startswith(("MODEL_", "BATCH_"))}
        settings = {"MODEL_REGISTRY": registry, "BATCH_PART_ROWS": "20000", "BATCH_PROCESSES": "1", **more}
        process = subprocess.Popen(
            [sys.executable, str(LAUNCHER), *(inputs or landing), "--output", output, *words],
            env={**kept, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield _start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


Run = Callable[..., "tuple[int, str, str]"]


@pytest.fixture
def run(start: Start) -> Run:
    """The same, to its end: exit code, standard output, standard error."""

    def _run(output: str, *words: str, inputs: list[str] | None = None, **more: str) -> tuple[int, str, str]:
        process = start(output, *words, inputs=inputs, **more)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    return _run
