"""The estimator kind: the same bits for a ride alone, in a list and in columns, before and after its file."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import (
    BaggingRegressor,
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
    VotingRegressor,
)
from sklearn.linear_model import LinearRegression, PoissonRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.tree import DecisionTreeRegressor

from scoring.errors import ModelFailed
from scoring.features import FEATURE_SETS, FeatureSet, LocationFeature, feature_set
from scoring.models.estimator import EstimatorModel
from scoring.models.known import KnownLocations
from scoring.rides.columns import RideColumns
from scoring.rides.ride import Ride

Trained = Callable[..., EstimatorModel]


def forest(trees: int = 6, **parameters: Any) -> RandomForestRegressor:
    return RandomForestRegressor(trees, max_depth=8, random_state=1, n_jobs=2, **parameters)


BY_BLOCK = [
    forest(),
    ExtraTreesRegressor(6, random_state=1, n_jobs=2),
    HistGradientBoostingRegressor(max_iter=10, random_state=1),
    GradientBoostingRegressor(n_estimators=6, random_state=1),
    DecisionTreeRegressor(random_state=1),
    DummyRegressor(),
]
ROW_BY_ROW = [
    MLPRegressor(hidden_layer_sizes=(8,), max_iter=15, random_state=1),
    KNeighborsRegressor(3),
    KNeighborsRegressor(3, algorithm="brute", n_jobs=2),
    LinearRegression(),
    BaggingRegressor(forest(12), n_estimators=2, random_state=1),
    VotingRegressor([("forest", forest(12)), ("line", LinearRegression())], n_jobs=2),
    TransformedTargetRegressor(forest(12)),
]


def asked(rides: RideColumns) -> RideColumns:
    """Some rides of the training and some that were never seen."""
    some = rides[:20]
    return RideColumns(
        np.append(some.pickup_zones, [1, 265, 264]),
        np.append(some.dropoff_zones, [1, 1, 265]),
        np.append(some.distances_miles, [0.0, 293_931.0, 3.66]),
    )


def assert_one_number_a_ride(model: EstimatorModel, columns: RideColumns) -> None:
    rides = columns.rides()
    singles = [model.score_ride(ride) for ride in rides]
    durations, known = model.score_columns(columns)
    assert list(zip(durations.tolist(), known.tolist(), strict=True)) == singles
    assert list(zip(*model.score_rides(rides), strict=True)) == singles
    assert list(zip(*model.score_rides(rides[::-1]), strict=True)) == singles[::-1]
    assert (durations.dtype, known.dtype) == (np.float64, np.bool_)


@pytest.mark.parametrize("regressor", [*BY_BLOCK, *ROW_BY_ROW], ids=lambda each: type(each).__name__)
def test_on_codes_every_path_gives_the_same_bits(regressor: Any, on_codes: Trained, rides: RideColumns) -> None:
    assert_one_number_a_ride(on_codes(regressor, feature_set("pu_do+distance")), asked(rides))


@pytest.mark.parametrize(
    "regressor", [forest(), LinearRegression(), PoissonRegressor()], ids=lambda each: type(each).__name__
)
def test_on_dicts_every_path_gives_the_same_bits(regressor: Any, on_dicts: Trained, rides: RideColumns) -> None:
    assert_one_number_a_ride(on_dicts(regressor, feature_set("pu_do+distance")), asked(rides))


@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize("features", FEATURE_SETS.values(), ids=FEATURE_SETS)
def test_on_dicts_it_gives_scikit_learns_own_durations(
    features: FeatureSet, sparse: bool, on_dicts: Trained, rides: RideColumns
) -> None:
    regressor = forest() if sparse else HistGradientBoostingRegressor(max_iter=5, random_state=1)
    model = on_dicts(regressor, features, sparse=sparse)
    expected = model._estimator.predict([features.features_of(ride) for ride in asked(rides).rides()])
    assert model.score_columns(asked(rides))[0].tolist() == expected.tolist()


@pytest.mark.parametrize("features", FEATURE_SETS.values(), ids=FEATURE_SETS)
def test_on_codes_it_gives_scikit_learns_own_durations(
    features: FeatureSet, on_codes: Trained, rides: RideColumns
) -> None:
    model = on_codes(HistGradientBoostingRegressor(max_iter=5, random_state=1), features)
    expected = model._estimator.predict(features.code_matrix(asked(rides)))
    assert model.score_columns(asked(rides))[0].tolist() == expected.tolist()


@pytest.mark.parametrize(
    "regressor",
    [forest(40), VotingRegressor([("forest", forest(40))]), TransformedTargetRegressor(forest(40))],
    ids=lambda each: type(each).__name__,
)
def test_a_forest_trained_with_threads_gives_the_same_bits_every_time(
    regressor: Any, on_codes: Trained, rides: RideColumns
) -> None:
    model = on_codes(regressor, feature_set("pu_do+distance"))
    first = model.score_columns(rides[:30])[0].tolist()
    assert all(model.score_columns(rides[:30])[0].tolist() == first for _ in range(3))


@pytest.mark.parametrize("regressor", [forest(), LinearRegression()], ids=lambda each: type(each).__name__)
def test_rides_that_are_alike_are_computed_once(regressor: Any, on_codes: Trained, rides: RideColumns) -> None:
    model = on_codes(regressor, feature_set("pu_do+distance"))
    some = rides[:300]
    many = some[np.random.default_rng(1).integers(0, len(some), 2_000)]
    asked_for: list[int] = []
    predict = model._predict

    def counted(matrix: Any) -> Any:
        asked_for.append(len(matrix))
        return predict(matrix)

    model._predict = counted
    durations, known = model.score_columns(many)
    alike = {ride: place for place, ride in enumerate(many.rides())}
    assert sum(asked_for) == len(alike) < len(many)
    singles = {ride: model.score_ride(ride) for ride in alike}
    assert list(zip(durations.tolist(), known.tolist(), strict=True)) == [singles[ride] for ride in many.rides()]


@pytest.mark.parametrize("regressor", [forest(), LinearRegression()], ids=lambda each: type(each).__name__)
def test_no_rides_are_no_durations(regressor: Any, on_codes: Trained, rides: RideColumns) -> None:
    model = on_codes(regressor, feature_set("pu,do"))
    durations, known = model.score_columns(rides[:0])
    assert (durations.shape, known.shape) == ((0,), (0,))
    assert (durations.dtype, known.dtype) == (np.float64, np.bool_)
    assert model.score_rides([]) == ([], [])


def test_unseen_locations_are_told(on_codes: Trained, rides: RideColumns) -> None:
    model = on_codes(DecisionTreeRegressor(), feature_set("pu_do+distance"))
    seen = {LocationFeature.PU_DO.value_of(ride) for ride in rides.rides()}
    expected = [LocationFeature.PU_DO.value_of(ride) in seen for ride in asked(rides).rides()]
    assert model.score_columns(asked(rides))[1].tolist() == expected
    assert set(expected) == {True, False}


def test_a_ride_that_the_estimator_cannot_take_is_a_failure_of_the_model(on_codes: Trained) -> None:
    model = on_codes(forest(), feature_set("pu_do+distance"))  # trees read float32, which ends at 3.4e38
    with pytest.raises(ModelFailed, match=r"^the model failed on 1 rides: ValueError: .*float32"):
        model.score_ride(Ride(1, 1, 1e300))
    with pytest.raises(ModelFailed, match=r"^the model failed on 2 rides: "):
        model.score_rides([Ride(1, 1, 1.0), Ride(1, 1, 1e300)])
    assert model.score_ride(Ride(1, 1, 1.0))[0] > 0


def test_an_estimator_that_gives_two_numbers_a_ride_fails(rides: RideColumns) -> None:
    features = feature_set("pu,do")
    two = DecisionTreeRegressor(max_depth=2).fit(features.code_matrix(rides), np.ones((len(rides), 2)))
    model = EstimatorModel(features, two, KnownLocations.seen_in(rides, features))
    with pytest.raises(ModelFailed, match=r"^the model gave 2 durations for 1 rides$"):
        model.score_ride(Ride(1, 2, 3.0))
