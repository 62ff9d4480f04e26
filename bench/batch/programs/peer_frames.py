"""What the peers call for a frame of rides: the pickled pair as it is, or the same model as one look-up for all rows.

Runs in the peers' own environments, so it imports nothing of ridescore.
"""

import pickle
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

COLUMNS = ["lpep_pickup_datetime", "lpep_dropoff_datetime", "PULocationID", "DOLocationID", "trip_distance"]
_ZONES = 266

Predict = Callable[[pd.DataFrame], np.ndarray]


@cache
def predictor(kind: str, model_path: str) -> Predict:
    """A function from rides to minutes, made once a process.

    Args:
        kind: ``sklearn`` or ``lookup``.
        model_path: a pickled (DictVectorizer, LinearRegression).
    """
    vectorizer, model = pickle.loads(Path(model_path).read_bytes())

    def by_sklearn(rides: pd.DataFrame) -> np.ndarray:
        route = rides.PULocationID.astype(str) + "_" + rides.DOLocationID.astype(str)
        features = pd.DataFrame({"PU_DO": route, "trip_distance": rides.trip_distance}).to_dict(orient="records")
        return model.predict(vectorizer.transform(features))

    if kind == "sklearn":
        return by_sklearn
    weights = dict(zip(vectorizer.get_feature_names_out().tolist(), model.coef_.tolist(), strict=True))
    slope = weights.pop("trip_distance")
    routes = np.full(_ZONES * _ZONES, float(model.intercept_))
    for name, weight in weights.items():
        pickup, dropoff = name.removeprefix("PU_DO=").split("_")
        routes[int(pickup) * _ZONES + int(dropoff)] += weight

    def by_lookup(rides: pd.DataFrame) -> np.ndarray:
        codes = rides.PULocationID.to_numpy() * _ZONES + rides.DOLocationID.to_numpy()
        return routes[codes] + slope * rides.trip_distance.to_numpy()

    return by_lookup


def scored(rides: pd.DataFrame, predict: Predict) -> pd.DataFrame:
    """What is written: the door's columns without `known_route`, and without ids, which no partition could count."""
    minutes = predict(rides)
    actual = (rides.lpep_dropoff_datetime - rides.lpep_pickup_datetime).dt.total_seconds() / 60
    return pd.DataFrame(
        {
            "pickup_datetime": rides.lpep_pickup_datetime,
            "PULocationID": rides.PULocationID,
            "DOLocationID": rides.DOLocationID,
            "trip_distance": rides.trip_distance,
            "predicted_duration": minutes,
            "model_version": "peer",
            "actual_duration": actual,
            "diff": actual - minutes,
        }
    )
