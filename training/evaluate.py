"""How well a model predicts: root mean squared error, mean absolute error and bias, in minutes.

Definitions as in scikit-learn's metrics (`root_mean_squared_error`, `mean_absolute_error`); bias is the mean of
predicted minus actual, so that a positive one means rides are predicted too long.
"""

import numpy as np

from scoring.models.model import Model
from scoring.registry.manifest import Metrics
from scoring.rides.columns import FloatArray
from training.dataset import PastRides


def evaluate(model: Model, rides: PastRides) -> Metrics:
    """Score rides whose durations are known.

    Raises:
        ModelFailed: the model raised.
    """
    predicted, _known = model.score_columns(rides.columns)
    return errors_in_minutes(predicted, rides.durations_minutes)


def errors_in_minutes(predicted: FloatArray, actual: FloatArray) -> Metrics:
    """Compare predicted with actual durations, both in minutes and of shape (n,), n at least 1."""
    difference = predicted - actual
    return Metrics(
        rides=len(actual),
        rmse_minutes=float(np.sqrt(np.mean(difference**2))),
        mae_minutes=float(np.mean(np.abs(difference))),
        bias_minutes=float(np.mean(difference)),
    )
