"""A first model: made where a registry is empty, and only there."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from scoring.errors import ModelError
from scoring.features import DEFAULT_FEATURE_SET
from scoring.registry.registry import Registry
from scoring.rides.ride import Ride
from training.dataset import read_past_rides
from training.first_model import ensure_first_model
from training.sample_rides import FEBRUARY, JANUARY


def test_an_empty_registry_gets_an_active_version_that_scores_sensibly_and_keeps_it(tmp_path: Path) -> None:
    registry = Registry(str(tmp_path / "models"))
    made = ensure_first_model(registry)
    assert made is not None
    loaded = registry.load_active()
    assert loaded.manifest.version == made.version
    assert list(registry.versions()) == [made.version]
    minutes, _known = loaded.model.score_ride(Ride(PULocationID=43, DOLocationID=151, trip_distance=1.8))
    assert 2 < minutes < 30
    assert ensure_first_model(registry) is None
    assert registry.load_active().manifest.version == made.version


def test_it_is_the_linear_model_of_the_notebooks_small_and_without_pickles(notebook: Any, tmp_path: Path) -> None:
    registry = Registry(str(tmp_path / "models"))
    made = ensure_first_model(registry)
    assert made is not None
    assert (made.kind, made.algorithm, made.features) == ("linear", "ridge", DEFAULT_FEATURE_SET)
    assert [each.name for each in made.artefacts] == ["linear.npz"]
    assert made.artefacts[0].size_bytes < 50_000
    model = registry.load_active().model
    predicted, _known = model.score_columns(read_past_rides([str(FEBRUARY)], model.features).columns)
    theirs, _actual = notebook(Ridge(), DEFAULT_FEATURE_SET, JANUARY, FEBRUARY)
    assert np.allclose(predicted, theirs, rtol=0, atol=1e-9)
    assert predicted.min() > 0, "nobody's ride takes less than no time"


def test_a_registry_without_an_active_version_is_left_to_a_person(tmp_path: Path) -> None:
    registry = Registry(str(tmp_path / "models"))
    ensure_first_model(registry)
    (tmp_path / "models" / "ACTIVE").unlink()
    with pytest.raises(ModelError, match="ridescore models activate"):
        ensure_first_model(registry)
