"""The same regression as a registry's version, as notebooks leave it: a pickled (DictVectorizer, LinearRegression)."""

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from scoring.features import feature_set
from training.dataset import read_past_rides

FEATURES: Final = "pu_do+distance"


def pickle_the_notebook_way(months: Sequence[str], path: Path) -> None:
    """Fit on files of past rides and pickle the pair."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LinearRegression

    features = feature_set(FEATURES)
    rides = read_past_rides(months, features)
    vectorizer = DictVectorizer()
    matrix = vectorizer.fit_transform([features.features_of(ride) for ride in rides.columns.rides()])
    path.write_bytes(pickle.dumps((vectorizer, LinearRegression().fit(matrix, rides.durations_minutes))))
