"""`ridescore batch`: what people and machines are shown, and what each failure ends with."""

import json
import os
import signal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from scoring.registry.registry import Registry
from training.sample_rides import FEBRUARY, JANUARY, MARCH
from training.train import TrainingPlan, train_version

from .conftest import Run


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """Two versions; the first is active."""
    registry = Registry(str(tmp_path_factory.mktemp("batch") / "models"))
    registry.activate(train_version(TrainingPlan([str(JANUARY)], [], "linear", {}), registry).version)
    train_version(TrainingPlan([str(JANUARY)], [], "ridge", {"alpha": 2.0}), registry)
    return registry


@pytest.fixture(autouse=True)
def _model(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_REGISTRY", registry.location)
    monkeypatch.setenv("BATCH_PROCESSES", "1")


def test_files_are_scored_verified_and_shown(run: Run) -> None:
    ended = run("batch", "score", FEBRUARY, MARCH, "--output", "out")
    assert ended.code == 0, ended.err
    assert "3,000 rows in" in ended.out
    assert "3,000 scored, 0 quarantined" in ended.out
    ended = run("batch", "verify", "out")
    assert ended.code == 0
    assert ended.out.count("sound") == 2
    ended = run("batch", "show", "out")
    inputs = "".join(line.split("│")[-2].strip() for line in ended.out.splitlines() if line.count("│") > 1)
    assert "green_2021-02" in inputs, "a long path is folded over several lines"
    paths = run("batch", "show", "out", "--paths").out.split()
    assert sum(pq.read_metadata(path).num_rows for path in paths) == 3_000
    assert json.loads(run("batch", "show", "out", "--paths", "--json").out) == paths
    ended = run("batch", "score", FEBRUARY, "--output", "out")
    assert "everything was scored already" in ended.out


def test_json_is_for_machines(run: Run, registry: Registry) -> None:
    report = json.loads(run("batch", "score", FEBRUARY, "--output", "out", "--json").out)
    active = registry.chosen().version
    assert (report["model_version"], report["rows_in"], report["rows_out"]) == (active, 1_000, 1_000)
    (file,) = report["files"]
    assert file["status"] == "scored"
    assert file["evaluation"]["rides"] == 1_000
    (shown,) = json.loads(run("batch", "show", "out", "--json").out)
    assert shown["manifest_id"] == report["manifest_id"]
    assert shown["file"]["dialect"] == "green"
    (verified,) = json.loads(run("batch", "verify", "out", "--json").out)
    assert verified["problem"] is None


def test_a_version_may_be_named(run: Run, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    other = next(version for version in registry.versions() if version != registry.chosen().version)
    report = json.loads(run("batch", "score", FEBRUARY, "--output", "out", "--model-version", other, "--json").out)
    assert report["model_version"] == other
    ended = run("batch", "score", FEBRUARY, "--output", "out", "--model-version", "20200101-000000-abcdef")
    assert ended.code == 3
    monkeypatch.setenv("MODEL_PATH", registry.location)
    ended = run("batch", "score", FEBRUARY, "--output", "out", "--model-version", other)
    assert (ended.code, "unset it" in ended.err) == (2, True)


def test_nothing_committed_is_said(run: Run) -> None:
    for words in (("verify", "nowhere"), ("show", "nowhere")):
        ended = run("batch", *words)
        assert (ended.code, "nothing is committed in nowhere" in ended.err) == (0, True)


def test_what_is_damaged_ends_with_9(run: Run) -> None:
    run("batch", "score", FEBRUARY, "--output", "out")
    (path,) = Path("out/predictions").iterdir()
    path.unlink()
    ended = run("batch", "verify", "out")
    assert (ended.code, "is missing" in ended.out) == (9, True)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("missing.parquet",), 4, "there is no file missing.parquet"),
        (("nothing-*.parquet",), 4, "no file matches nothing-*.parquet"),
        (("text.parquet",), 4, "neither parquet nor CSV"),
        (("empty.parquet",), 4, "is empty"),
        (("columns.parquet",), 4, "has no column PULocationID or pickup_location_id"),
        ((str(FEBRUARY), "--column", "x=y"), 2, "write it as ROLE=NAME"),
    ],
)
def test_what_cannot_be_scored_is_told(run: Run, words: tuple[str, ...], code: int, told: str) -> None:
    import pyarrow as pa

    Path("text.parquet").write_text("not parquet")
    Path("empty.parquet").touch()
    pq.write_table(pa.table({"a": [1]}), "columns.parquet")
    ended = run("batch", "score", *words, "--output", "out")
    assert ended.code == code
    assert told in ended.err
    assert not list(Path("out").rglob("*.parquet"))


def test_without_a_model_nothing_begins(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_REGISTRY", "no-models")
    ended = run("batch", "score", FEBRUARY, "--output", "out")
    assert (ended.code, "has no active version" in ended.err) == (3, True)
    assert not Path("out").exists()


def test_an_interruption_says_how_to_go_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import batch.run

    real = batch.run.commit

    def interrupted(*arguments: object) -> object:
        os.kill(os.getpid(), signal.SIGINT)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(batch.run, "commit", interrupted)
    before = signal.getsignal(signal.SIGINT)
    ended = run("batch", "score", FEBRUARY, "--output", "out")
    assert (ended.code, "run the same command again, it resumes" in ended.err) == (130, True)
    assert signal.getsignal(signal.SIGINT) is before
    monkeypatch.setattr(batch.run, "commit", real)
    assert run("batch", "score", FEBRUARY, "--output", "out").code == 0
