"""A first model: made where a registry is empty, and only there."""

from pathlib import Path

import pytest

from scoring.errors import ModelError
from scoring.registry.registry import Registry
from scoring.rides.ride import Ride
from training.first_model import ensure_first_model


def test_an_empty_registry_gets_an_active_version_that_scores_sensibly_and_keeps_it(tmp_path: Path) -> None:
    registry = Registry(str(tmp_path / "models"))
    made = ensure_first_model(registry)
    assert made is not None
    loaded = registry.load_active()
    assert loaded.manifest.version == made.version
    others = [registry.manifest(version) for version in registry.versions() if version != made.version]
    assert others
    best = made.metrics["validation"].rmse_minutes
    assert all(best <= each.metrics["validation"].rmse_minutes for each in others)
    minutes, _known = loaded.model.score_ride(Ride(PULocationID=43, DOLocationID=151, trip_distance=1.8))
    assert 2 < minutes < 30
    assert ensure_first_model(registry) is None
    assert registry.load_active().manifest.version == made.version


def test_a_registry_without_an_active_version_is_left_to_a_person(tmp_path: Path) -> None:
    registry = Registry(str(tmp_path / "models"))
    ensure_first_model(registry)
    (tmp_path / "models" / "ACTIVE").unlink()
    with pytest.raises(ModelError, match="ridescore models activate"):
        ensure_first_model(registry)
