"""A new version against the active one, on real rides: the better one scores, and the verdict says why."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from scoring.errors import RideFileError, SettingsError
from scoring.features import feature_set
from scoring.registry.registry import Registry
from scoring.rides.dialect import Column
from training.challenge import Verdict, challenge
from training.dataset import read_past_rides
from training.evaluate import evaluate
from training.sample_rides import FEBRUARY, JANUARY, MARCH, MONTHS
from training.train import TrainingPlan, train_version

# On routes alone, with so strong a penalty that every ride is predicted as the mean: worse than any other.
WORST: dict[str, Any] = {"algorithm": "ridge", "parameters": {"alpha": 1e9}}


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(str(tmp_path / "models"))


def challenged(registry: Registry, **options: Any) -> Verdict:
    return challenge(
        TrainingPlan(**{"training": [str(month) for month in MONTHS], "algorithm": "ridge"} | options), registry
    )


def test_the_first_version_is_activated_and_measured_on_the_newest_month(registry: Registry) -> None:
    verdict = challenged(registry)
    assert (verdict.activated, verdict.reason, verdict.champion) == (True, "no version was active", None)
    assert (verdict.training, verdict.validation) == ([str(JANUARY), str(FEBRUARY)], [str(MARCH)])
    assert verdict.active == registry.active()
    loaded = registry.load_active()
    assert loaded.manifest.version == verdict.version
    rides = read_past_rides([str(MARCH)], feature_set(loaded.manifest.features))
    assert verdict.measured == evaluate(loaded.model, rides) == loaded.manifest.metrics["validation"]


def test_a_better_version_takes_over(registry: Registry) -> None:
    worst = challenged(registry, **WORST)
    better = challenged(registry)
    assert better.activated
    assert better.champion == worst.version
    assert better.champion_measured == worst.measured
    assert better.measured.rmse_minutes < worst.measured.rmse_minutes
    active = registry.active()
    assert active is not None
    assert (active.version, active.previous) == (better.version, worst.version)
    assert f"{better.measured.rmse_minutes:.4f}" in better.reason
    assert f"{worst.measured.rmse_minutes:.4f}" in better.reason


def test_a_worse_version_is_registered_and_says_why_it_does_not_score(registry: Registry) -> None:
    better = challenged(registry)
    worst = challenged(registry, **WORST)
    assert not worst.activated
    assert registry.active() == worst.active == better.active
    assert registry.versions() == sorted([better.version, worst.version])
    assert f"that of {better.version}" in worst.reason


def test_the_same_months_again_register_nothing_new(registry: Registry) -> None:
    first = challenged(registry)
    again = challenged(registry)
    assert (first.trained, again.trained) == (True, False)
    assert (again.version, again.activated) == (first.version, False)
    assert again.reason == "it is the active version already"
    assert registry.versions() == [first.version]


def test_other_bytes_under_the_same_name_are_trained_on(registry: Registry, tmp_path: Path) -> None:
    folder = tmp_path / "months"
    folder.mkdir()
    for month in (JANUARY, MARCH):
        shutil.copy(month, folder)
    plan = {"training": [str(folder / JANUARY.name), str(folder / MARCH.name)]}
    first = challenged(registry, **plan)
    shutil.copy(FEBRUARY, folder / JANUARY.name)
    again = challenged(registry, **plan)
    assert again.trained
    assert again.version != first.version


def test_both_are_measured_on_the_same_rides_whatever_their_features(registry: Registry) -> None:
    with_distance = challenged(registry)
    without = challenged(registry, features="pu,do")
    assert without.champion_measured is not None
    assert without.champion_measured.rides == without.measured.rides
    assert without.champion_measured == with_distance.measured


def test_a_champion_that_was_trained_on_the_newest_month_is_told(registry: Registry) -> None:
    champion = train_version(TrainingPlan(training=[str(MARCH)], algorithm="ridge"), registry)
    registry.activate(champion.version)
    assert "trained on the very month" in challenged(registry).reason


def test_an_active_version_that_cannot_be_loaded_stays(registry: Registry) -> None:
    first = challenged(registry, **WORST)
    for file in Path(registry.location, "versions", first.version).glob("*.npz"):
        file.write_bytes(b"damaged")
    verdict = challenged(registry)
    assert not verdict.activated
    assert "the active version cannot be compared with" in verdict.reason
    assert registry.active() == first.active
    assert verdict.version in registry.versions()


def test_what_became_active_meanwhile_is_not_replaced(registry: Registry) -> None:
    worst = challenged(registry, **WORST)
    other = train_version(TrainingPlan(training=[str(JANUARY)], algorithm="ridge"), registry)

    def on_stage(stage: str) -> None:
        if stage.startswith("comparing"):
            registry.activate(other.version)

    plan = TrainingPlan(training=[str(month) for month in MONTHS], algorithm="ridge")
    verdict = challenge(plan, registry, on_stage)
    assert not verdict.activated
    assert "meantime" in verdict.reason
    assert worst.version != other.version
    assert verdict.active == registry.active()
    assert registry.load_active().manifest.version == other.version


def test_named_validation_files_need_no_months(registry: Registry, tmp_path: Path) -> None:
    training, validation = tmp_path / "a.parquet", tmp_path / "b.parquet"
    shutil.copy(JANUARY, training)
    shutil.copy(FEBRUARY, validation)
    verdict = challenged(registry, training=[str(training)], validation=[str(validation)])
    assert (verdict.training, verdict.validation) == ([str(training)], [str(validation)])


def test_given_columns_are_trained_on_anew(registry: Registry) -> None:
    columns = {Column.PICKUP: "lpep_pickup_datetime"}
    first, again = (challenged(registry, columns=columns) for _ in range(2))
    assert first.trained
    assert again.trained


@pytest.mark.parametrize("months", [[], [str(MARCH)]])
def test_one_month_is_not_enough(registry: Registry, months: list[str]) -> None:
    with pytest.raises(SettingsError, match="add a month, or name the files to measure on"):
        challenged(registry, training=months)
    assert registry.versions() == []


def test_a_month_that_cannot_be_read_registers_nothing(registry: Registry, tmp_path: Path) -> None:
    damaged = tmp_path / "green_2021-04.parquet"
    damaged.write_bytes(b"PAR1 and no more")
    with pytest.raises(RideFileError, match="damaged"):
        challenged(registry, training=[str(JANUARY), str(damaged)])
    assert registry.versions() == []
