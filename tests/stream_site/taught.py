"""What the workers of a test score with, and scikit-learn's own word on it."""

import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LinearRegression

from scoring.registry.registry import Registry
from training.imported import import_pickle

Predict = Callable[[list[dict[str, Any]]], list[float]]


@dataclass(frozen=True)
class Taught:
    """A registry with one active version, and the scikit-learn model that it was imported from."""

    registry: Path
    predict: Predict


def teach(folder: Path) -> Taught:
    """Fit a model as a notebook does, pickle it, import it."""
    random = np.random.default_rng(11)
    rides = [a_ride(random) for _ in range(800)]
    minutes = [4 + 3.1 * ride["trip_distance"] + ride["PULocationID"] / 40 + random.normal() for ride in rides]
    vectorizer = DictVectorizer()
    regressor = LinearRegression().fit(vectorizer.fit_transform(map(_features, rides)), minutes)
    (folder / "model.pkl").write_bytes(pickle.dumps((vectorizer, regressor)))
    registry = Registry(str(folder / "models"))
    registry.activate(import_pickle(folder / "model.pkl", registry).version)

    def predict(rides: list[dict[str, Any]]) -> list[float]:
        return regressor.predict(vectorizer.transform(map(_features, rides))).tolist() if rides else []

    return Taught(folder / "models", predict)


def a_ride(random: np.random.Generator) -> dict[str, Any]:
    """One that is valid, as JSON has it."""
    pickup, dropoff = random.integers(1, 30, 2).tolist()
    return {"PULocationID": pickup, "DOLocationID": dropoff, "trip_distance": round(float(random.gamma(2, 1.5)), 2)}


def _features(ride: Mapping[str, Any]) -> dict[str, Any]:
    return {"PU_DO": f"{ride['PULocationID']}_{ride['DOLocationID']}", "trip_distance": ride["trip_distance"]}
