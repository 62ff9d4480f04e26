"""`ridescore batch score --delta`: the table has every run once, and what is not installed or writable is told."""

from pathlib import Path

import pytest
from deltalake import DeltaTable

from cli.exit_codes import ExitCode
from scoring.registry.registry import Registry
from training.sample_rides import FEBRUARY, JANUARY, MARCH
from training.train import TrainingPlan, train_version

from .conftest import Run


@pytest.fixture(autouse=True)
def _model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry(str(tmp_path / "models"))
    registry.activate(train_version(TrainingPlan([str(JANUARY)], algorithm="ridge"), registry).version)
    monkeypatch.setenv("MODEL_REGISTRY", registry.location)
    monkeypatch.setenv("BATCH_PROCESSES", "1")


def test_runs_are_appended_once_and_those_before_are_made_up_for(run: Run, tmp_path: Path) -> None:
    assert run("batch", "score", FEBRUARY, "--output", "out").code == 0
    for _ in range(2):
        assert run("batch", "score", MARCH, "--output", "out", "--delta", "table").code == 0
        assert DeltaTable(tmp_path / "table").to_pyarrow_dataset().count_rows() == 3_000


def test_a_table_that_cannot_be_written_leaves_the_run_committed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "table").write_text("a file, not a folder")
    ended = run("batch", "score", FEBRUARY, "--output", "out", "--delta", "table/delta")
    assert ended.code == ExitCode.OUTPUT
    assert "the next run appends them" in ended.err
    assert run("batch", "verify", "out").out.count("sound") == 1
