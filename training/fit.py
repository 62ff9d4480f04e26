"""Fitting: past rides to a model of either kind.

Linear regressors see one-hot columns and are compiled; trees see category codes with the mean duration of each category
in place of the code (target encoding), since a column for each of 13,000 routes would bury them.
"""

import warnings
from typing import Any

from scoring.errors import ModelIncompatible, SettingsError
from scoring.features import FeatureSet
from scoring.models.compile import compile_linear
from scoring.models.estimator import EstimatorModel
from scoring.models.known import KnownLocations
from scoring.models.model import Model
from scoring.models.one_hot import OneHotTwin
from scoring.models.vocabulary import Vocabulary
from training.algorithms import ONE_HOT_ALGORITHMS, Parameters, build_regressor
from training.dataset import PastRides

_ENCODER_FOLDS = 5


def fit_model(rides: PastRides, features: FeatureSet, algorithm: str, parameters: Parameters) -> Model:
    """Fit a regressor and make it a model.

    Args:
        rides: to learn from.
        features: what the model is told of a ride.
        algorithm: one of :data:`training.algorithms.ALGORITHMS`.
        parameters: given to the regressor by name.

    Raises:
        SettingsError: a parameter's name or value does not suit the regressor.
    """
    regressor = build_regressor(algorithm, parameters)
    if algorithm in ONE_HOT_ALGORITHMS:
        return _fit_linear(rides, features, regressor)
    return _fit_on_codes(rides, features, regressor)


def _fit_linear(rides: PastRides, features: FeatureSet, regressor: Any) -> Model:
    vocabulary = Vocabulary.seen_in(rides.columns, features)
    _fitted(regressor, OneHotTwin.of(vocabulary).matrix(rides.columns), rides)
    model = compile_linear(vocabulary, regressor)
    if model is None:
        raise ModelIncompatible(f"{type(regressor).__name__} did not come out linear in its features; report this")
    return model


def _fit_on_codes(rides: PastRides, features: FeatureSet, regressor: Any) -> Model:
    from sklearn.compose import ColumnTransformer
    from sklearn.model_selection import KFold
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import TargetEncoder

    folds = KFold(_ENCODER_FOLDS, shuffle=True, random_state=0)
    encoder = TargetEncoder(target_type="continuous", cv=folds)
    categories = list(range(len(features.locations)))
    pipeline = Pipeline(
        [
            ("categories", ColumnTransformer([("mean_duration", encoder, categories)], remainder="passthrough")),
            ("regressor", regressor),
        ]
    )
    _fitted(pipeline, features.code_matrix(rides.columns), rides)
    return EstimatorModel(features, pipeline, KnownLocations.seen_in(rides.columns, features), "codes")


def _fitted(estimator: Any, matrix: Any, rides: PastRides) -> None:
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Objective did not converge", category=UserWarning)
            estimator.fit(matrix, rides.durations_minutes)
    except (ValueError, TypeError) as error:  # scikit-learn checks parameter values when it fits
        raise SettingsError(f"cannot fit {type(estimator).__name__} on {len(rides.columns)} rides: {error}") from error
