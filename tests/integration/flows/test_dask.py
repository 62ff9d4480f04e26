"""The same flow on Dask: a real scheduler and two worker processes, one of which is killed in the middle of a file."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from distributed import Client

from local_services.ports import LOCALHOST, free_port
from scoring.model_source import load_scorer
from scoring.scorer_source import FixedScorer
from scoring.settings.settings import read_settings
from training.sample_rides import MARCH

from .conftest import WAIT_SECONDS, Site, wait_until

PARTS_BEFORE_THE_GATE = 10
# What each worker loads first: it scores so many parts, and then waits for a file to appear.
GATE = """
import itertools, pathlib, time
import batch.stage

def dask_setup(worker):
    scored, score_part = itertools.count(), batch.stage.score_part

    def gated(*parts):
        if next(scored) >= {parts}:
            while not pathlib.Path({gate!r}).exists():
                time.sleep(0.05)
        return score_part(*parts)

    batch.stage.score_part = gated
"""


@contextmanager
def dask_process(root: Path, *words: str) -> "Iterator[subprocess.Popen[bytes]]":
    with (root / f"dask-{words[0]}-{len(list(root.glob('dask-*')))}.txt").open("w") as log:
        process = subprocess.Popen([sys.executable, "-m", "dask", *words], stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def scheduler(site: Site) -> Iterator[str]:
    port = str(free_port())
    with dask_process(site.root, "scheduler", "--host", LOCALHOST, "--port", port, "--no-dashboard"):
        yield f"tcp://{LOCALHOST}:{port}"


@contextmanager
def worker(site: Site, scheduler: str) -> "Iterator[subprocess.Popen[bytes]]":
    """One process, which is not started again when it is killed."""
    (site.root / "preload.py").write_text(GATE.format(parts=PARTS_BEFORE_THE_GATE, gate=str(gate(site))))
    words = (scheduler, "--nworkers", "1", "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", LOCALHOST)
    where = ("--local-directory", str(site.root / "scratch"), "--preload", str(site.root / "preload.py"))
    with dask_process(site.root, "worker", *words, *where) as process:
        yield process


def gate(site: Site) -> Path:
    return site.root / "go-on"


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


def parts_by_file(site: Site) -> list[int]:
    """How many parts of each file are staged and recorded."""
    return [len(list(folder.glob("*.json"))) for folder in (site.output / ".staging").glob("*")]


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
    paths = [str(large(site, f"large-{name}.parquet", 30 + name)) for name in range(2)]
    settings = read_settings()
    undisturbed = site.root / "undisturbed"
    score(paths, str(undisturbed), FixedScorer(load_scorer(settings.model)), settings.batch)

    with worker(site, scheduler) as first, worker(site, scheduler) as second:
        with Client(scheduler, timeout=WAIT_SECONDS, set_as_default=False) as client:
            client.wait_for_workers(2, WAIT_SECONDS)
        words = [word for path in paths for word in ("--param", f"files={path}")]
        running = site.start("flows", "run", "score_files", *words, "--json")
        wait_until(lambda: parts_by_file(site) == [PARTS_BEFORE_THE_GATE] * 2, site.logs)  # each worker has a file
        second.kill()
        second.wait()
        staged = {path.name: path.stat().st_mtime_ns for path in (site.output / ".staging").glob("*/*.parquet")}
        gate(site).touch()
        out, _ = running.communicate(timeout=WAIT_SECONDS)
        assert first.poll() is None
    assert running.returncode == 0, site.logs()
    assert files_of(site.output) == files_of(undisturbed)
    taken_over = [path for path in site.output.glob("*/*.parquet") if staged.get(path.name) == path.stat().st_mtime_ns]
    assert len(taken_over) == len(staged) >= 20, "what was staged before the kill was not scored again"
    rows = sum(pq.read_metadata(path).num_rows for path in site.output.glob("*/*.parquet"))
    assert rows == 61 * 2_000
    assert not list((site.output / ".staging").iterdir())
    assert f'"rows_in": {61 * 2_000}' in out


def test_a_local_cluster_scores_the_same(site: Site, prefect_server: str) -> None:
    site.environment |= {"PREFECT_API_URL": prefect_server, "FLOWS_DASK_ADDRESS": "local"}
    running = site.start("flows", "run", "score_landing")
    out, _ = running.communicate(timeout=WAIT_SECONDS)
    assert running.returncode == 0, site.logs()
    assert "6,000 rows in" in out
    ids = pa.concat_tables(
        [pq.read_table(path, columns=["ride_id"]) for path in (site.output / "predictions").iterdir()]
    )
    assert len(set(ids["ride_id"].to_pylist())) == len(ids)
