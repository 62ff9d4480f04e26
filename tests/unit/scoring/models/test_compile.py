"""Any linear regressor over a DictVectorizer compiles to the same durations; what is not linear does not compile."""

import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import (
    ElasticNet,
    HuberRegressor,
    Lasso,
    LinearRegression,
    PoissonRegressor,
    Ridge,
    SGDRegressor,
)
from sklearn.svm import SVR, LinearSVR

from scoring.errors import ModelIncompatible
from scoring.features import FEATURE_SETS, FeatureSet, LocationFeature, feature_set
from scoring.models.compile import compile_linear, probe_rides
from scoring.models.one_hot import OneHotTwin
from scoring.models.vocabulary import Vocabulary, read_vocabulary
from scoring.rides.columns import RideColumns
from scoring.rides.ride import FIRST_ZONE, LAST_ZONE

Durations = npt.NDArray[np.float64]

LINEAR = [
    LinearRegression(),
    LinearRegression(fit_intercept=False),
    Ridge(alpha=0.1),
    Lasso(alpha=0.01),
    ElasticNet(alpha=0.01),
    SGDRegressor(random_state=1, eta0=1e-4, max_iter=50),
    HuberRegressor(max_iter=50),
    LinearSVR(random_state=1),
]
feature_sets = st.sampled_from(list(FEATURE_SETS.values()))


def dicts_of(features: FeatureSet, rides: RideColumns) -> list[dict[str, str | float]]:
    return [features.features_of(ride) for ride in rides.rides()]


def fitted(
    regressor: Any, features: FeatureSet, rides: RideColumns, durations: Durations
) -> tuple[DictVectorizer, Any]:
    """A vectorizer and a regressor as a notebook fits them; how well it converged is of no matter here."""
    vectorizer = DictVectorizer().fit(dicts_of(features, rides))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return vectorizer, regressor.fit(OneHotTwin.of(read_vocabulary(vectorizer)).matrix(rides), durations)


@pytest.mark.parametrize("name", FEATURE_SETS)
@pytest.mark.parametrize("regressor", LINEAR, ids=str)
def test_a_linear_regressor_compiles_to_its_own_durations(
    regressor: Any, name: str, rides: RideColumns, durations: Durations
) -> None:
    features = feature_set(name)
    vectorizer, regressor = fitted(regressor, features, rides, durations)
    model = compile_linear(read_vocabulary(vectorizer), regressor)
    assert model is not None
    assert model.features is features
    scored = RideColumns(
        np.append(rides.pickup_zones, [265, 264]),
        np.append(rides.dropoff_zones, [1, 264]),
        np.append(rides.distances_miles, [0.0, 293_931.0]),
    )
    expected = regressor.predict(vectorizer.transform(dicts_of(features, scored)))
    np.testing.assert_allclose(model.score_columns(scored)[0], expected, rtol=1e-12, atol=1e-9)


@settings(max_examples=40)
@given(st.data(), feature_sets, st.from_type(RideColumns).filter(lambda rides: len(rides) > 1))
def test_any_rides_are_given_scikit_learns_durations(
    data: st.DataObject, features: FeatureSet, rides: RideColumns
) -> None:
    few_miles = RideColumns(rides.pickup_zones, rides.dropoff_zones, rides.distances_miles % 50)
    minutes = np.array(data.draw(st.lists(st.floats(1, 60), min_size=len(rides), max_size=len(rides))))
    vectorizer, regressor = fitted(
        data.draw(st.sampled_from([LinearRegression(), Ridge(), Lasso()])), features, few_miles, minutes
    )
    model = compile_linear(read_vocabulary(vectorizer), regressor)
    assert model is not None
    asked = data.draw(st.from_type(RideColumns).filter(len))
    asked = RideColumns(asked.pickup_zones, asked.dropoff_zones, asked.distances_miles % 50)
    expected = regressor.predict(vectorizer.transform(dicts_of(features, asked)))
    np.testing.assert_allclose(model.score_columns(asked)[0], expected, rtol=1e-12, atol=1e-9)
    seen = [
        all(f"{key}={value}" in vectorizer.vocabulary_ for key, value in each.items() if key != "trip_distance")
        for each in dicts_of(features, asked)
    ]
    assert model.score_columns(asked)[1].tolist() == seen


def test_durations_fitted_as_a_column_compile(rides: RideColumns, durations: Durations) -> None:
    features = feature_set("pu_do+distance")
    vectorizer, column = fitted(LinearRegression(), features, rides, durations.reshape(-1, 1))
    assert column.coef_.shape == (1, len(vectorizer.vocabulary_))
    model = compile_linear(read_vocabulary(vectorizer), column)
    assert model is not None
    expected = column.predict(vectorizer.transform(dicts_of(features, rides))).ravel()
    np.testing.assert_allclose(model.score_columns(rides)[0], expected, rtol=0, atol=1e-9)


def test_a_regressor_with_sparse_coefficients_compiles(rides: RideColumns, durations: Durations) -> None:
    vectorizer, regressor = fitted(SVR(kernel="linear"), feature_set("pu_do+distance"), rides, durations)
    assert hasattr(regressor.coef_, "toarray")
    vocabulary = read_vocabulary(vectorizer)
    model = compile_linear(vocabulary, regressor)
    assert model is not None
    expected = regressor.predict(OneHotTwin.of(vocabulary).matrix(rides))
    np.testing.assert_allclose(model.score_columns(rides)[0], expected, rtol=0, atol=1e-9)


def test_two_answers_a_ride_do_not_compile(rides: RideColumns, durations: Durations) -> None:
    vectorizer, two = fitted(LinearRegression(), feature_set("pu,do"), rides, np.column_stack([durations, durations]))
    assert compile_linear(read_vocabulary(vectorizer), two) is None


@pytest.mark.parametrize("regressor", [PoissonRegressor(), RandomForestRegressor(2, random_state=0), SVR()], ids=str)
def test_what_is_not_linear_does_not_compile(regressor: Any, rides: RideColumns, durations: Durations) -> None:
    vectorizer, regressor = fitted(regressor, feature_set("pu,do"), rides, np.abs(durations))
    assert compile_linear(read_vocabulary(vectorizer), regressor) is None


@pytest.mark.parametrize(("off_minutes", "compiles"), [(1e-10, True), (1e-6, False)])
def test_what_is_linear_but_for_a_little_does_not_compile(off_minutes: float, compiles: bool) -> None:
    """The doors promise scikit-learn's number within 1e-9 minutes."""
    vocabulary = Vocabulary.seen_in(probe_rides(50), feature_set("pu_do+distance"))
    weights = np.linspace(-1.0, 1.0, vocabulary.width)
    regressor = SimpleNamespace(
        coef_=weights, intercept_=10.0, predict=lambda matrix: matrix @ weights + 10.0 + off_minutes
    )
    assert (compile_linear(vocabulary, regressor) is not None) is compiles


def test_a_coefficient_that_is_not_finite_is_refused(rides: RideColumns, durations: Durations) -> None:
    vectorizer, regressor = fitted(LinearRegression(), feature_set("pu,do"), rides, durations)
    regressor.coef_[3] = np.nan
    with pytest.raises(ModelIncompatible, match="a coefficient that is not finite; train it again"):
        compile_linear(read_vocabulary(vectorizer), regressor)


def test_a_regressor_that_cannot_predict_here_is_refused() -> None:
    vocabulary = Vocabulary.seen_in(probe_rides(10), feature_set("pu_do+distance"))
    broken = SimpleNamespace(coef_=np.zeros(vocabulary.width), intercept_=0.0)
    with pytest.raises(ModelIncompatible, match="the regressor cannot predict here: AttributeError"):
        compile_linear(vocabulary, broken)


def test_probe_rides_are_the_same_valid_rides_at_every_call() -> None:
    first, second = probe_rides(), probe_rides()
    assert first.rides() == second.rides()
    assert len(first) == 2_000
    for zones in (first.pickup_zones, first.dropoff_zones):
        assert (zones.min(), zones.max()) == (FIRST_ZONE, LAST_ZONE)
    assert first.distances_miles.min() == 0.0
    assert np.isfinite(first.distances_miles).all()
    assert LocationFeature.PU_DO.codes_of(first).max() < LocationFeature.PU_DO.codes
