"""What the peers call for a ride: the pickled pair as it is, or the same model reduced to one dict look-up.

Runs in the peers' own environments, so it imports nothing of ridescore.
"""

import pickle
from collections.abc import Callable
from pathlib import Path

Score = Callable[[int, int, float], float]


def load(kind: str, model_path: str) -> Score:
    """A function from zones and miles to minutes.

    Args:
        kind: ``sklearn`` or ``lookup``.
        model_path: a pickled (DictVectorizer, LinearRegression).
    """
    vectorizer, model = pickle.loads(Path(model_path).read_bytes())

    def by_sklearn(pickup: int, dropoff: int, miles: float) -> float:
        features = {"PU_DO": f"{pickup}_{dropoff}", "trip_distance": miles}
        return float(model.predict(vectorizer.transform([features]))[0])

    weights = dict(zip(vectorizer.get_feature_names_out().tolist(), model.coef_.tolist(), strict=True))
    intercept, slope = float(model.intercept_), weights["trip_distance"]

    def by_lookup(pickup: int, dropoff: int, miles: float) -> float:
        return float(intercept + weights.get(f"PU_DO={pickup}_{dropoff}", 0.0) + slope * miles)

    return by_sklearn if kind == "sklearn" else by_lookup
