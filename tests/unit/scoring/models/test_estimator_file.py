"""An estimator's files: rebuilt to the last bit, refused where damaged or where they hold what could run code."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeRegressor

from scoring.errors import ModelCorrupt, ModelIncompatible
from scoring.features import feature_set
from scoring.models.artefacts import model_from_artefacts
from scoring.models.estimator import ESTIMATOR_FILE, EstimatorModel
from scoring.models.known import KnownLocations
from scoring.models.known_file import KNOWN_FILE
from scoring.rides.columns import RideColumns

Trained = Callable[..., EstimatorModel]
FEATURES = feature_set("pu_do+distance")


@pytest.fixture(scope="module")
def files(on_codes: Trained) -> dict[str, bytes]:
    """The files of a small model that loads."""
    return on_codes(DecisionTreeRegressor(max_depth=3, random_state=1), FEATURES).artefacts()


def load(files: dict[str, bytes], reads: str = "codes") -> Any:
    return model_from_artefacts("estimator", FEATURES.name, reads, files)


@pytest.mark.parametrize(
    "regressor",
    [
        RandomForestRegressor(5, random_state=1, n_jobs=2),
        HistGradientBoostingRegressor(max_iter=5, random_state=1),
        GradientBoostingRegressor(n_estimators=5, random_state=1),
        MLPRegressor(hidden_layer_sizes=(8,), max_iter=15, random_state=1),
        KNeighborsRegressor(3, algorithm="brute"),
        LinearRegression(),
    ],
    ids=lambda each: type(each).__name__,
)
def test_on_codes_the_bits_survive_the_files(regressor: Any, on_codes: Trained, rides: RideColumns) -> None:
    model = on_codes(regressor, FEATURES)
    assert load(model.artefacts()).score_rides(rides[:50].rides()) == model.score_rides(rides[:50].rides())


@pytest.mark.parametrize("sparse", [True, False])
def test_on_dicts_the_bits_survive_the_files(sparse: bool, on_dicts: Trained, rides: RideColumns) -> None:
    model = on_dicts(RandomForestRegressor(5, random_state=1), FEATURES, sparse=sparse)
    copy = load(model.artefacts(), "dicts")
    assert copy.score_rides(rides[:50].rides()) == model.score_rides(rides[:50].rides())
    assert (copy.kind, copy.reads, copy.features) == ("estimator", "dicts", FEATURES)


def test_a_type_outside_the_list_is_refused_when_written(rides: RideColumns) -> None:
    rounding = FunctionTransformer(functools.partial(np.round, decimals=1))
    pipeline = Pipeline([("round", rounding), ("regress", LinearRegression())])
    pipeline.fit(FEATURES.code_matrix(rides), rides.distances_miles)
    model = EstimatorModel(FEATURES, pipeline, KnownLocations.seen_in(rides, FEATURES))
    with pytest.raises(ModelIncompatible, match=r"holds functools\.partial, .*which ridescore does not load; build it"):
        model.artefacts()


def test_a_type_outside_the_list_is_refused_by_name_when_read_and_not_run(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    mark = tmp_path / "was-run"
    trap = FunctionTransformer(functools.partial(Path.touch, mark))
    stored = skops.io.dumps(Pipeline([("trap", trap), ("regress", DecisionTreeRegressor())]))
    with pytest.raises(ModelIncompatible, match=r"functools\.partial.*pathlib.*which ridescore does not load"):
        load({**files, ESTIMATOR_FILE: stored})
    assert not mark.exists()


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.999])
def test_a_truncated_estimator_is_corrupt(share: float, files: dict[str, bytes]) -> None:
    stored = files[ESTIMATOR_FILE]
    with pytest.raises(ModelCorrupt, match=r"^estimator\.skops is not a skops file: "):
        load({**files, ESTIMATOR_FILE: stored[: int(len(stored) * share)]})


def test_other_bytes_are_corrupt(files: dict[str, bytes]) -> None:
    for stored in (b"PK\x03\x04", b"not a zip", files[KNOWN_FILE]):
        with pytest.raises(ModelCorrupt, match=r"^estimator\.skops is not a skops file: "):
            load({**files, ESTIMATOR_FILE: stored})


def test_damaged_known_locations_are_corrupt(files: dict[str, bytes]) -> None:
    for stored in (b"", files[KNOWN_FILE][:-30], files[ESTIMATOR_FILE]):
        with pytest.raises(ModelCorrupt, match=r"^known\.npz does not hold the locations"):
            load({**files, KNOWN_FILE: stored})


@pytest.mark.parametrize(
    "content", [{"a": 1}, [1, 2], None, np.arange(3), DictVectorizer()], ids=lambda each: type(each).__name__
)
def test_what_predicts_nothing_is_incompatible(content: Any, files: dict[str, bytes]) -> None:
    with pytest.raises(ModelIncompatible, match="is no estimator that predicts; train it again"):
        load({**files, ESTIMATOR_FILE: skops.io.dumps(content)})


def test_an_estimator_on_codes_does_not_read_dicts(files: dict[str, bytes]) -> None:
    with pytest.raises(ModelIncompatible, match="the vectorizer is not fitted, or is not a DictVectorizer"):
        load(files, "dicts")
    tree = skops.io.dumps(DecisionTreeRegressor().fit([[1.0, 2.0]], [3.0]))
    with pytest.raises(ModelIncompatible, match="a DecisionTreeRegressor does not read dicts; train a Pipeline"):
        load({**files, ESTIMATOR_FILE: tree}, "dicts")
