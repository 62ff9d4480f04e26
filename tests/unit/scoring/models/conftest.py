"""Pipelines as training builds them."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction import DictVectorizer
from sklearn.model_selection import KFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import TargetEncoder

from scoring.features import FeatureSet
from scoring.models.estimator import EstimatorModel
from scoring.models.known import KnownLocations
from scoring.rides.columns import RideColumns

Trained = Callable[..., EstimatorModel]


@pytest.fixture(scope="session")
def on_codes(rides: RideColumns, durations: npt.NDArray[np.float64]) -> Trained:
    """Train a regressor on target-encoded location codes and the distance."""

    def train(regressor: Any, features: FeatureSet) -> EstimatorModel:
        folds = KFold(5, shuffle=True, random_state=1)
        encoder = TargetEncoder(target_type="continuous", cv=folds)
        columns = list(range(len(features.locations)))
        pipeline = Pipeline(
            [
                ("encode", ColumnTransformer([("categories", encoder, columns)], remainder="passthrough")),
                ("regress", regressor),
            ]
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            pipeline.fit(features.code_matrix(rides), durations)
        return EstimatorModel(features, pipeline, KnownLocations.seen_in(rides, features), "codes")

    return train


@pytest.fixture(scope="session")
def on_dicts(rides: RideColumns, durations: npt.NDArray[np.float64]) -> Trained:
    """Train a regressor behind a DictVectorizer, which by default gives sparse matrices."""

    def train(regressor: Any, features: FeatureSet, *, sparse: bool = True) -> EstimatorModel:
        pipeline = Pipeline([("vectorize", DictVectorizer(sparse=sparse)), ("regress", regressor)])
        pipeline.fit([features.features_of(ride) for ride in rides.rides()], durations)
        return EstimatorModel(features, pipeline, KnownLocations.seen_in(rides, features), "dicts")

    return train
