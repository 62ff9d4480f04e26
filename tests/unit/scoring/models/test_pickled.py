"""Models as notebooks pickle them score as scikit-learn does."""

import hashlib
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import Lasso, LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler

from scoring.features import FEATURE_SETS, feature_set
from scoring.models.pickled import read_pickled_model
from scoring.rides.columns import RideColumns
from scoring.rides.ride import Ride

Dicts = list[dict[str, str | float]]
Durations = npt.NDArray[np.float64]
PROTOCOLS = [2, 3, 4, 5]


@pytest.fixture(scope="module")
def dicts(rides: RideColumns) -> Dicts:
    """The training rides' features, as in the course's notebooks."""
    return [feature_set("pu_do+distance").features_of(ride) for ride in rides.rides()]


@pytest.fixture
def pickled(tmp_path: Path) -> Any:
    """Pickle something to a file."""

    def write(content: Any, name: str = "model.pkl", protocol: int = pickle.DEFAULT_PROTOCOL) -> Path:
        path = tmp_path / name
        path.write_bytes(pickle.dumps(content, protocol))
        return path

    return write


def assert_scores_as(path: Path, kind: str, expected: Durations, rides: RideColumns) -> None:
    model = read_pickled_model(path).model
    assert model.kind == kind
    durations, known = model.score_columns(rides)
    np.testing.assert_allclose(durations, np.ravel(expected), rtol=0, atol=1e-9)
    assert known.all()
    assert list(zip(durations.tolist(), known.tolist(), strict=True)) == [model.score_ride(r) for r in rides.rides()]
    assert model.score_ride(Ride(264, 264, 1.0))[1] is False


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("regressor", [LinearRegression(), Lasso(0.01), Ridge()], ids=str)
def test_a_pair_with_a_linear_regressor_is_compiled(
    regressor: Any, protocol: int, pickled: Any, dicts: Dicts, rides: RideColumns, durations: Durations
) -> None:
    vectorizer = DictVectorizer()
    matrix = vectorizer.fit_transform(dicts).toarray()  # Lasso does not take every release's sparse indices
    expected = regressor.fit(matrix, durations).predict(matrix)
    assert_scores_as(pickled((vectorizer, regressor), protocol=protocol), "linear", expected, rides)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_pipeline_of_two_steps_is_compiled(
    protocol: int, pickled: Any, dicts: Dicts, rides: RideColumns, durations: Durations
) -> None:
    pipeline = make_pipeline(DictVectorizer(), LinearRegression()).fit(dicts, durations)
    assert_scores_as(pickled(pipeline, protocol=protocol), "linear", pipeline.predict(dicts), rides)


def test_a_pipeline_of_three_steps_scores_as_an_estimator(
    pickled: Any, dicts: Dicts, rides: RideColumns, durations: Durations
) -> None:
    pipeline = make_pipeline(DictVectorizer(), MaxAbsScaler(), LinearRegression()).fit(dicts, durations)
    assert_scores_as(pickled(pipeline), "estimator", pipeline.predict(dicts), rides)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("random_state", [None, 1, np.random.RandomState(3)], ids=["none", "int", "state"])
def test_a_pair_with_a_forest_scores_as_an_estimator(
    random_state: Any, protocol: int, pickled: Any, dicts: Dicts, rides: RideColumns, durations: Durations
) -> None:
    vectorizer = DictVectorizer()
    forest = RandomForestRegressor(4, max_depth=6, random_state=random_state, n_jobs=2)
    forest.fit(vectorizer.fit_transform(dicts), durations)
    expected = forest.predict(vectorizer.transform(dicts))
    assert_scores_as(pickled((vectorizer, forest), protocol=protocol), "estimator", expected, rides)


@pytest.mark.parametrize("random_state", [None, 1])
@pytest.mark.parametrize(
    "boosted", [GradientBoostingRegressor(n_estimators=4), HistGradientBoostingRegressor(max_iter=4)]
)
def test_boosted_trees_on_a_dense_vectorizer_score_as_an_estimator(
    boosted: Any, random_state: Any, pickled: Any, dicts: Dicts, rides: RideColumns, durations: Durations
) -> None:
    vectorizer = DictVectorizer(sparse=False)
    boosted.set_params(random_state=random_state).fit(vectorizer.fit_transform(dicts), durations)
    expected = boosted.predict(vectorizer.transform(dicts))
    assert_scores_as(pickled((vectorizer, boosted)), "estimator", expected, rides)


@pytest.mark.parametrize("name", FEATURE_SETS)
def test_every_feature_set_is_recognised(name: str, pickled: Any, rides: RideColumns, durations: Durations) -> None:
    dicts = [feature_set(name).features_of(ride) for ride in rides.rides()]
    pipeline = make_pipeline(DictVectorizer(), LinearRegression()).fit(dicts, durations)
    model = read_pickled_model(pickled(pipeline)).model
    assert model.features.name == name
    np.testing.assert_allclose(model.score_columns(rides)[0], pipeline.predict(dicts), rtol=0, atol=1e-9)


def test_the_pair_may_stand_in_either_order_and_in_a_list(
    pickled: Any, dicts: Dicts, rides: RideColumns, durations: Durations
) -> None:
    vectorizer = DictVectorizer()
    regressor = LinearRegression().fit(vectorizer.fit_transform(dicts), durations)
    expected = regressor.predict(vectorizer.transform(dicts))
    for content in ((regressor, vectorizer), [vectorizer, regressor], [regressor, vectorizer]):
        assert_scores_as(pickled(content), "linear", expected, rides)


@pytest.mark.parametrize(
    ("regressor", "kind"), [(LinearRegression(), "linear"), (RandomForestRegressor(3), "estimator")]
)
def test_a_regressor_finds_its_vectorizer_in_the_file_beside_it(
    regressor: Any, kind: str, pickled: Any, dicts: Dicts, rides: RideColumns, durations: Durations
) -> None:
    vectorizer = DictVectorizer()
    regressor.fit(vectorizer.fit_transform(dicts), durations)
    pickled(vectorizer, "dv.bin")
    path = pickled(regressor, "model.bin")
    assert_scores_as(path, kind, regressor.predict(vectorizer.transform(dicts)), rides)


def test_the_version_is_the_stem_and_the_digest_of_all_that_was_read(
    pickled: Any, dicts: Dicts, durations: Durations
) -> None:
    vectorizer = DictVectorizer()
    regressor = LinearRegression().fit(vectorizer.fit_transform(dicts), durations)
    pair = pickled((vectorizer, regressor), "lin_reg.bin")
    digest = hashlib.sha256(pair.read_bytes()).hexdigest()
    read = read_pickled_model(pair)
    assert (read.sha256, read.version) == (digest, f"lin_reg-{digest[:12]}")

    beside, alone = pickled(vectorizer, "dv.bin"), pickled(regressor, "model.bin")
    both = hashlib.sha256(alone.read_bytes() + beside.read_bytes()).hexdigest()
    assert read_pickled_model(alone).version == f"model-{both[:12]}"
