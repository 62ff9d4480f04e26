"""Fitting: the notebook's model for the linear regressors, a loadable one for the trees."""

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import Lasso, LinearRegression, Ridge

from scoring.errors import SettingsError
from scoring.features import FEATURE_SETS, feature_set
from scoring.models.linear import LinearModel
from scoring.models.one_hot import OneHotTwin
from scoring.models.vocabulary import Vocabulary
from scoring.rides.columns import RideColumns
from scoring.rides.ride import SUSPECT_DISTANCE_MILES, Ride
from training.algorithms import ALGORITHMS, ONE_HOT_ALGORITHMS
from training.dataset import PastRides, read_past_rides
from training.fit import fit_model
from training.sample_rides import FEBRUARY, JANUARY

QUICK: dict[str, dict[str, Any]] = {"random-forest": {"n_estimators": 5}, "hist-gradient-boosting": {"max_iter": 10}}
QUICK["lasso"] = {"alpha": 0.01}  # its default leaves nothing of a feature set without distance
FEATURES = list(FEATURE_SETS)


@pytest.fixture(scope="module")
def january() -> PastRides:
    return read_past_rides([str(JANUARY)], feature_set("pu_do+distance"))


@pytest.fixture(scope="module")
def february() -> PastRides:
    return read_past_rides([str(FEBRUARY)], feature_set("pu_do+distance"))


@pytest.mark.parametrize("features", FEATURES)
@pytest.mark.parametrize(
    ("algorithm", "parameters", "regressor"),
    [
        ("linear", {}, LinearRegression()),
        ("linear", {"fit_intercept": False}, LinearRegression(fit_intercept=False)),
        ("ridge", {}, Ridge()),
        ("ridge", {"alpha": 10, "solver": "sparse_cg"}, Ridge(alpha=10, solver="sparse_cg")),
        ("lasso", {"alpha": 0.01}, Lasso(alpha=0.01)),
    ],
    ids=lambda each: str(each) if isinstance(each, str | dict) else "",
)
def test_linear_regressors_give_the_notebooks_predictions(
    notebook: Any,
    january: PastRides,
    february: PastRides,
    features: str,
    algorithm: str,
    parameters: dict[str, Any],
    regressor: Any,
) -> None:
    expected, actual = notebook(regressor, features, JANUARY, FEBRUARY)
    model = fit_model(january, feature_set(features), algorithm, parameters)
    predicted, _known = model.score_columns(february.columns)
    assert model.kind == "linear"
    assert february.durations_minutes.tolist() == actual.tolist()
    # Iterative solvers (lsqr stops at 1e-6) may end far from the optimum; but given the same matrix, entry by entry,
    # they end at the same place, and only the order of a few additions differs when rides are scored.
    assert np.abs(predicted - expected).max() < 1e-9


@pytest.mark.parametrize(("parameters", "within_minutes"), [({}, 0.1), ({"tol": 1e-14}, 1e-6)])
def test_linear_regression_is_least_squares_as_closely_as_its_solver_is_told(
    january: PastRides, parameters: dict[str, Any], within_minutes: float
) -> None:
    features = feature_set("pu,do,distance")
    # One ride of 244,152 miles makes the matrix so ill-scaled that lsqr stops half an hour off the optimum, here and in
    # notebooks alike; among rides that a taxi can drive its default tolerance of 1e-6 means hundredths of a minute.
    kept = january.columns.distances_miles < SUSPECT_DISTANCE_MILES
    rides = PastRides(january.columns[kept], january.durations_minutes[kept], ())
    matrix = OneHotTwin.of(Vocabulary.seen_in(rides.columns, features)).matrix(rides.columns).toarray()
    with_intercept = np.column_stack([matrix, np.ones(len(matrix))])
    solution, *_ = np.linalg.lstsq(with_intercept, rides.durations_minutes)
    predicted, _known = fit_model(rides, features, "linear", parameters).score_columns(rides.columns)
    assert np.abs(predicted - with_intercept @ solution).max() < within_minutes


@pytest.mark.parametrize("features", FEATURES)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_learns_from_every_feature_set(january: PastRides, features: str, algorithm: str) -> None:
    model = fit_model(january, feature_set(features), algorithm, QUICK.get(algorithm, {}))
    predicted, known = model.score_columns(january.columns)
    spread = float(np.std(january.durations_minutes))
    assert model.kind == ("linear" if algorithm in ONE_HOT_ALGORITHMS else "estimator")
    assert known.all()
    assert np.isfinite(predicted).all()
    assert float(np.sqrt(np.mean((predicted - january.durations_minutes) ** 2))) < spread


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_one_ride_and_many_get_the_same_bits(january: PastRides, february: PastRides, algorithm: str) -> None:
    model = fit_model(january, feature_set("pu_do+distance"), algorithm, QUICK.get(algorithm, {}))
    rides = february.columns[:50].rides()
    durations, known = model.score_rides(rides)
    assert [model.score_ride(ride) for ride in rides] == list(zip(durations, known, strict=True))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_route_that_was_never_seen_is_told(january: PastRides, algorithm: str) -> None:
    zones = (january.columns.pickup_zones, january.columns.dropoff_zones)
    seen = set(zip(*(each.tolist() for each in zones), strict=True))
    unseen = next((1, zone) for zone in range(1, 266) if (1, zone) not in seen)
    model = fit_model(january, feature_set("pu_do+distance"), algorithm, QUICK.get(algorithm, {}))
    duration, known = model.score_ride(Ride(*unseen, 1.0))
    assert known is False
    assert np.isfinite(duration)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_same_rides_give_the_same_durations_to_the_bit(
    january: PastRides, february: PastRides, algorithm: str
) -> None:
    features = feature_set("pu,do,distance")
    once, again = (fit_model(january, features, algorithm, QUICK.get(algorithm, {})) for _ in range(2))
    assert once.score_columns(february.columns)[0].tobytes() == again.score_columns(february.columns)[0].tobytes()


def test_the_order_of_training_rides_does_not_change_what_is_known(january: PastRides) -> None:
    order = np.random.default_rng(1).permutation(len(january.columns))
    shuffled = PastRides(january.columns[order], january.durations_minutes[order], ())
    one, other = (fit_model(rides, feature_set("pu,do"), "ridge", {}) for rides in (january, shuffled))
    assert isinstance(one, LinearModel)
    assert isinstance(other, LinearModel)
    assert {key: codes.tolist() for key, codes in one.codes.items()} == {
        key: codes.tolist() for key, codes in other.codes.items()
    }


@pytest.mark.parametrize(
    ("algorithm", "parameters", "reason"),
    [
        ("ridge", {"alpha": -1}, r"The 'alpha' parameter of Ridge must be .* Got -1"),
        ("ridge", {"solver": "nonsense"}, r"The 'solver' parameter .*'lsqr'.* Got 'nonsense'"),
        ("lasso", {"alpha": "much"}, r"The 'alpha' parameter of Lasso"),
        ("linear", {"n_jobs": "all"}, r"The 'n_jobs' parameter of LinearRegression"),
        ("random-forest", {"n_estimators": 0}, r"The 'n_estimators' parameter of RandomForestRegressor"),
        ("hist-gradient-boosting", {"loss": "nonsense"}, r"The 'loss' parameter of HistGradientBoostingRegressor"),
    ],
)
def test_a_parameter_value_that_does_not_suit_is_a_settings_error(
    february: PastRides, algorithm: str, parameters: dict[str, Any], reason: str
) -> None:
    with pytest.raises(SettingsError, match=rf"^cannot fit .* on {len(february.columns)} rides: {reason}"):
        fit_model(february, feature_set("pu,do,distance"), algorithm, parameters)


def test_too_few_rides_for_trees_is_an_error_that_says_how_many() -> None:
    few = PastRides(RideColumns(np.array([1, 2]), np.array([3, 4]), np.array([1.0, 2.0])), np.array([5.0, 6.0]), ())
    with pytest.raises(SettingsError, match="on 2 rides"):
        fit_model(few, feature_set("pu,do"), "random-forest", {"n_estimators": 2})


@pytest.mark.parametrize("algorithm", sorted(ONE_HOT_ALGORITHMS))
def test_one_ride_is_enough_for_a_linear_model(algorithm: str) -> None:
    one = PastRides(RideColumns(np.array([1]), np.array([3]), np.array([1.0])), np.array([5.0]), ())
    duration, known = fit_model(one, feature_set("pu_do+distance"), algorithm, {}).score_ride(Ride(1, 3, 1.0))
    assert duration == pytest.approx(5.0, abs=1e-6)
    assert known is True
