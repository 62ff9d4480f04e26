"""What the peers call for a ride: the pickled pair as it is, or the same model reduced to one dict look-up.

Runs in the peers' own environments, so it imports nothing of ridescore.
"""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

Score = Callable[[dict[str, Any]], dict[str, Any]]


def scorer(kind: str, model_path: str) -> Score:
    """A function from a decoded ride to a prediction.

    Args:
        kind: ``sklearn`` or ``lookup``.
        model_path: a pickled (DictVectorizer, LinearRegression).
    """
    vectorizer, model = pickle.loads(Path(model_path).read_bytes())

    def by_sklearn(ride: dict[str, Any]) -> dict[str, Any]:
        route = f"{int(ride['PULocationID'])}_{int(ride['DOLocationID'])}"
        features = {"PU_DO": route, "trip_distance": ride["trip_distance"]}
        duration = float(model.predict(vectorizer.transform([features]))[0])
        return {"ride_id": ride["ride_id"], "duration": duration, "model_version": "peer"}

    weights = dict(zip(vectorizer.get_feature_names_out().tolist(), model.coef_.tolist(), strict=True))
    intercept, slope = float(model.intercept_), weights["trip_distance"]

    def by_lookup(ride: dict[str, Any]) -> dict[str, Any]:
        route = f"PU_DO={int(ride['PULocationID'])}_{int(ride['DOLocationID'])}"
        duration = intercept + weights.get(route, 0.0) + slope * ride["trip_distance"]
        return {"ride_id": ride["ride_id"], "duration": duration, "model_version": "peer"}

    return by_sklearn if kind == "sklearn" else by_lookup
