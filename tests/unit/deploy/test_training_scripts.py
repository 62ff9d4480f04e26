"""What the training workflow runs: versions compared on the same rides, months chosen, a store's client found."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scoring.registry.registry import Registry
from training import sample_rides
from training.train import TrainingPlan, train_version

from .conftest import DEPLOY, ROOT

TRAINING = DEPLOY / "training"


def compare(folder: Path, registry: Registry, version: str) -> tuple[dict[str, str], str]:
    """The step's outputs and the run's summary."""
    (folder / "trained.json").write_text(json.dumps({"manifest": {"version": version}}))
    outputs, summary = folder / "outputs", folder / "summary"
    for file in (outputs, summary):
        file.write_text("")
    github = {"GITHUB_OUTPUT": str(outputs), "GITHUB_STEP_SUMMARY": str(summary)}
    subprocess.run(
        [sys.executable, str(TRAINING / "compare.py"), str(folder / "trained.json"), str(sample_rides.FEBRUARY)],
        env={**os.environ, **github, "MODEL_REGISTRY": registry.location},
        cwd=ROOT,
        check=True,
    )
    return dict(line.split("=", 1) for line in outputs.read_text().splitlines()), summary.read_text()


def test_a_version_is_better_when_it_errs_less_than_the_active_one_on_the_same_rides(tmp_path: Path) -> None:
    registry = Registry(str(tmp_path / "models"))
    good = train_version(TrainingPlan([str(sample_rides.JANUARY)], []), registry).version
    poor = train_version(TrainingPlan([str(sample_rides.JANUARY)], [], "lasso", {"alpha": 50.0}), registry).version
    assert compare(tmp_path, registry, poor)[0] == {"version": poor, "better": "true"}, "none is active"
    registry.activate(poor)
    outputs, summary = compare(tmp_path, registry, good)
    assert outputs == {"version": good, "better": "true"}
    assert f"| {good} | new | 963 |" in summary
    assert f"| {poor} | active | 963 |" in summary
    registry.activate(good)
    assert compare(tmp_path, registry, poor)[0] == {"version": poor, "better": "false"}
    assert compare(tmp_path, registry, good)[0] == {"version": good, "better": "false"}, "it is active already"


@pytest.mark.parametrize(
    ("newest", "months"),
    [("2021-03", ["2021-01", "2021-02", "2021-03"]), ("2021-01", ["2020-11", "2020-12", "2021-01"])],
)
def test_three_months_are_downloaded_the_newest_to_measure_on(tmp_path: Path, newest: str, months: list[str]) -> None:
    asked = tmp_path / ".venv" / "bin"
    asked.mkdir(parents=True)
    (asked / "ridescore").write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n')
    (asked / "ridescore").chmod(0o755)
    script = tmp_path / "deploy" / "training" / "download-months.sh"
    script.parent.mkdir(parents=True)
    script.write_bytes((TRAINING / "download-months.sh").read_bytes())
    outputs = tmp_path / "outputs"
    env = {**os.environ, "SERVICE": "green", "NEWEST": newest, "GITHUB_OUTPUT": str(outputs)}
    subprocess.run(["bash", str(script)], env=env, check=True)
    assert (tmp_path / "asked").read_text().splitlines() == [f"download green {month}" for month in months]
    first, second, last = [f"green_tripdata_{month}.parquet" for month in months]
    assert outputs.read_text() == f"training={first} {second}\nvalidation={last}\n"


def test_a_month_that_is_none_is_refused() -> None:
    env = {**os.environ, "SERVICE": "green", "NEWEST": "2021-3"}
    script = ["bash", str(TRAINING / "download-months.sh")]
    refused = subprocess.run(script, env=env, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "as 2021-03" in refused.stderr


@pytest.mark.parametrize(("registry", "code"), [("models", 0), ("hdfs://host/models", 2)])
def test_a_store_without_a_known_client_is_said(registry: str, code: int) -> None:
    env = {**os.environ, "MODEL_REGISTRY": registry}
    script = ["bash", str(TRAINING / "registry-client.sh")]
    ended = subprocess.run(script, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == code
