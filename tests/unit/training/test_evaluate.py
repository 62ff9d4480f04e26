"""Errors in minutes, as scikit-learn defines them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from scoring.features import LocationFeature, feature_set
from scoring.models.linear import LinearModel
from scoring.rides.columns import RideColumns
from training.dataset import PastRides
from training.evaluate import errors_in_minutes, evaluate

MINUTES = st.floats(-1e6, 1e6)
PAIRS = st.lists(st.tuples(MINUTES, MINUTES), min_size=1, max_size=50)


def constant_model(minutes: float) -> LinearModel:
    none = np.array([], np.int64)
    return LinearModel(
        feature_set("pu_do+distance"),
        minutes,
        0.0,
        {LocationFeature.PU_DO: none},
        {LocationFeature.PU_DO: none.astype(np.float64)},
    )


@settings(deadline=None)
@given(PAIRS)
def test_errors_equal_scikit_learns(pairs: list[tuple[float, float]]) -> None:
    predicted, actual = (np.array(column) for column in zip(*pairs, strict=True))
    found = errors_in_minutes(predicted, actual)
    assert found.rides == len(pairs)
    assert found.rmse_minutes == pytest.approx(root_mean_squared_error(actual, predicted), rel=1e-12, abs=1e-12)
    assert found.mae_minutes == pytest.approx(mean_absolute_error(actual, predicted), rel=1e-12, abs=1e-12)
    assert found.bias_minutes == pytest.approx(math.fsum(predicted - actual) / len(pairs), rel=1e-9, abs=1e-9)


@settings(deadline=None)
@given(PAIRS)
def test_rmse_is_at_least_mae_which_is_at_least_the_size_of_the_bias(pairs: list[tuple[float, float]]) -> None:
    predicted, actual = (np.array(column) for column in zip(*pairs, strict=True))
    found = errors_in_minutes(predicted, actual)
    slack = 1e-9 * (1 + found.rmse_minutes)
    assert found.rmse_minutes + slack >= found.mae_minutes >= abs(found.bias_minutes) - slack


def test_a_model_that_predicts_too_long_has_a_positive_bias() -> None:
    columns = RideColumns(np.array([1, 2]), np.array([3, 4]), np.array([0.5, 1.5]))
    found = evaluate(constant_model(10.0), PastRides(columns, np.array([7.0, 9.0]), ()))
    assert (found.rides, found.bias_minutes, found.mae_minutes) == (2, 2.0, 2.0)
    assert found.rmse_minutes == pytest.approx(math.sqrt(5.0), rel=1e-15)


def test_a_perfect_model_has_no_error() -> None:
    found = errors_in_minutes(np.array([1.0, 60.0]), np.array([1.0, 60.0]))
    assert (found.rmse_minutes, found.mae_minutes, found.bias_minutes) == (0.0, 0.0, 0.0)
