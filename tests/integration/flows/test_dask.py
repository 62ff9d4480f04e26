"""The same flow on Dask: a real scheduler and two worker processes, one of which is killed in the middle of a file."""

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from local_services.ports import LOCALHOST, free_port
from scoring.model_source import load_scorer
from scoring.scorer_source import FixedScorer
from scoring.settings.settings import read_settings
from training.sample_rides import MARCH

from .conftest import Site, wait_until


@contextmanager
def dask_process(root: Path, *words: str) -> "Iterator[subprocess.Popen[bytes]]":
    with (root / f"dask-{words[0]}-{free_port()}.txt").open("w") as log:
        process = subprocess.Popen([sys.executable, "-m", "dask", *words], stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def scheduler(site: Site) -> Iterator[str]:
    port = str(free_port())
    with dask_process(site.root, "scheduler", "--host", LOCALHOST, "--port", port, "--no-dashboard"):
        yield f"tcp://{LOCALHOST}:{port}"


@contextmanager
def worker(site: Site, scheduler: str) -> "Iterator[subprocess.Popen[bytes]]":
    """One process, which is not started again when it is killed."""
    words = (scheduler, "--nworkers", "1", "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", LOCALHOST)
    with dask_process(site.root, "worker", *words) as process:
        yield process


def large(site: Site, name: str, parts: int) -> Path:
    """March so often that each repetition is a part of its own."""
    table = pq.read_table(MARCH)
    path = site.landing / name
    with pq.ParquetWriter(path, table.schema) as writer:
        for _ in range(parts):
            writer.write_table(table, row_group_size=len(table))
    return path


def files_of(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for kind in ("predictions", "quarantine")
        for path in (folder / kind).glob("*.parquet")
    }


def by_file(site: Site) -> list[list[Path]]:
    """The records of staged parts, by file."""
    return [list(folder.glob("*.json")) for folder in (site.output / ".staging").glob("*")]


def test_a_worker_killed_in_the_middle_of_a_file_loses_nothing_and_repeats_nothing(
    site: Site, prefect_server: str, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from batch.run import score

    site.environment |= {
        "PREFECT_API_URL": prefect_server,
        "BATCH_PART_ROWS": "2000",
        "FLOWS_DASK_ADDRESS": scheduler,
    }
    monkeypatch.setenv("BATCH_PART_ROWS", "2000")
    paths = [str(large(site, f"large-{name}.parquet", 120 + name)) for name in range(2)]
    settings = read_settings()
    undisturbed = site.root / "undisturbed"
    score(paths, str(undisturbed), FixedScorer(load_scorer(settings.model)), settings.batch)

    with worker(site, scheduler) as first, worker(site, scheduler) as second:
        words = [word for path in paths for word in ("--param", f"files={path}")]
        running = site.start("flows", "run", "score_files", *words, "--json")
        wait_until(lambda: [len(parts) >= 10 for parts in by_file(site)] == [True, True], site.logs)  # one each
        os.kill(second.pid, signal.SIGKILL)
        second.wait()
        assert all(len(parts) < 120 for parts in by_file(site)), "both were in the middle"
        staged = {path.name: path.stat().st_mtime_ns for path in (site.output / ".staging").glob("*/*.parquet")}
        first_poll = first.poll()
        out, _ = running.communicate(timeout=120)
    assert first_poll is None
    assert running.returncode == 0, site.logs()
    assert files_of(site.output) == files_of(undisturbed)
    taken_over = [path for path in site.output.glob("*/*.parquet") if staged.get(path.name) == path.stat().st_mtime_ns]
    assert len(taken_over) == len(staged) >= 20, "what was staged before the kill was not scored again"
    rows = sum(pq.read_metadata(path).num_rows for path in (site.output / "predictions").iterdir())
    rows += sum(pq.read_metadata(path).num_rows for path in (site.output / "quarantine").iterdir())
    assert rows == 241 * 2_000
    assert not list((site.output / ".staging").iterdir())
    assert f'"rows_in": {241 * 2_000}' in out


def test_a_local_cluster_scores_the_same(site: Site, prefect_server: str) -> None:
    site.environment |= {"PREFECT_API_URL": prefect_server, "FLOWS_DASK_ADDRESS": "local"}
    running = site.start("flows", "run", "score_landing")
    out, _ = running.communicate(timeout=120)
    assert running.returncode == 0, site.logs()
    assert "6,000 rows in" in out
    ids = pa.concat_tables(
        [pq.read_table(path, columns=["ride_id"]) for path in (site.output / "predictions").iterdir()]
    )
    assert len(set(ids["ride_id"].to_pylist())) == len(ids)
