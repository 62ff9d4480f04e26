"""`ridescore evaluate`: versions side by side, on the same rides."""

import json

import pytest

from training import sample_rides

from .conftest import Run
from .test_train_and_models import trained


def test_versions_are_measured_on_the_same_rides(run: Run) -> None:
    first = trained(run, "--validate", str(sample_rides.FEBRUARY), "--activate")
    second = trained(run, "--features", "pu,do")
    ended = run("evaluate", sample_rides.FEBRUARY, "--version", second, "--version", first, "--json")
    assert ended.code == 0, ended.err
    without_distance, with_distance = json.loads(ended.out)
    assert (without_distance["version"], without_distance["active"]) == (second, False)
    assert (with_distance["version"], with_distance["active"]) == (first, True)
    assert without_distance["metrics"]["rides"] == with_distance["metrics"]["rides"] == 963
    in_manifest = json.loads(run("models", "show", first, "--json").out)["metrics"]["validation"]
    assert with_distance["metrics"]["rmse_minutes"] == pytest.approx(in_manifest["rmse_minutes"], abs=1e-9)
    assert without_distance["metrics"]["rmse_minutes"] != with_distance["metrics"]["rmse_minutes"]


def test_the_active_version_is_measured_by_default_and_shown_as_a_table(run: Run) -> None:
    version = trained(run, "--activate")
    ended = run("evaluate", sample_rides.FEBRUARY, sample_rides.MARCH)
    assert ended.code == 0, ended.err
    for shown in (version, "active", "2,883", "RMSE", "bias"):
        assert shown in ended.out


def test_without_an_active_version_it_says_what_to_do(run: Run) -> None:
    trained(run)
    ended = run("evaluate", sample_rides.FEBRUARY)
    assert ended.code == 3
    assert "models activate" in ended.err


def test_a_version_that_does_not_exist_is_an_error(run: Run) -> None:
    trained(run, "--activate")
    ended = run("evaluate", sample_rides.FEBRUARY, "--version", "none")
    assert (ended.code, ended.out) == (3, "")
