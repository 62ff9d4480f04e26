"""The linear kind: any linear regressor over a DictVectorizer, compiled to data.

Every location feature folds into one base duration a route, so a ride costs one look-up, one product and one sum.
Needs numpy alone: scikit-learn must not be imported here.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from scoring.errors import ModelCorrupt
from scoring.features import ROUTE_CODES, ZONE_CODES, FeatureSet, LocationFeature
from scoring.models.known import KnownLocations, by_route
from scoring.models.model import ModelKind
from scoring.rides.columns import BoolArray, FloatArray, IntArray, RideColumns
from scoring.rides.ride import Ride

LINEAR_FILE: Final = "linear.npz"


@dataclass(frozen=True)
class LinearModel:
    """duration = intercept + the weight of each location + minutes_per_mile * miles.

    Attributes:
        features: the feature set it was trained on.
        intercept_minutes: the duration of a ride of no known location and no distance.
        minutes_per_mile: the coefficient of the distance; 0 where the feature set leaves it out.
        codes: for each location feature the category codes seen in training, int64, ascending.
        weights_minutes: for each location feature the coefficient of each code, float64, in the same order.
    """

    features: FeatureSet
    intercept_minutes: float
    minutes_per_mile: float
    codes: Mapping[LocationFeature, IntArray]
    weights_minutes: Mapping[LocationFeature, FloatArray]

    @property
    def kind(self) -> ModelKind:
        """Always ``linear``."""
        return "linear"

    @cached_property
    def _base_table(self) -> FloatArray:
        table = np.full((ZONE_CODES, ZONE_CODES), self.intercept_minutes)
        for location, codes in self.codes.items():
            weights = np.zeros(location.codes)
            weights[codes] = self.weights_minutes[location]
            table += by_route(location, weights)
        return table.reshape(ROUTE_CODES)

    @cached_property
    def _known_table(self) -> BoolArray:
        return KnownLocations(self.codes).route_table()

    @cached_property
    def _bases(self) -> list[float]:
        bases: list[float] = self._base_table.tolist()  # a list is indexed several times faster than an array
        return bases

    @cached_property
    def _known(self) -> list[bool]:
        known: list[bool] = self._known_table.tolist()
        return known

    def score_ride(self, ride: Ride) -> tuple[float, bool]:
        """The duration of one ride in minutes, and whether its location features were seen in training."""
        route = ride.PULocationID * ZONE_CODES + ride.DOLocationID
        return self._bases[route] + self.minutes_per_mile * ride.trip_distance, self._known[route]

    def score_rides(self, rides: Sequence[Ride]) -> tuple[list[float], list[bool]]:
        """The same for each of n rides, in their order."""
        bases, known, slope = self._bases, self._known, self.minutes_per_mile
        routes = [ride.PULocationID * ZONE_CODES + ride.DOLocationID for ride in rides]
        durations = [bases[route] + slope * ride.trip_distance for route, ride in zip(routes, rides, strict=True)]
        return durations, [known[route] for route in routes]

    def score_columns(self, columns: RideColumns) -> tuple[FloatArray, BoolArray]:
        """The same for n rides in columns: minutes as float64 and known as bool, each of shape (n,)."""
        routes = LocationFeature.PU_DO.codes_of(columns)
        with np.errstate(over="ignore"):  # to infinity without a word, as Python's own floats do
            durations = columns.distances_miles * self.minutes_per_mile
            durations += self._base_table.take(routes)  # in place: the sum of two terms is the same in either order
        return durations, self._known_table.take(routes)

    def artefacts(self) -> dict[str, bytes]:
        """One npz file of plain arrays; equal models give equal bytes."""
        arrays: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]] = {
            "intercept_minutes": np.float64(self.intercept_minutes).reshape(1),
            "minutes_per_mile": np.float64(self.minutes_per_mile).reshape(1),
        }
        for location, codes in self.codes.items():
            arrays[f"{location.value}.codes"] = codes
            arrays[f"{location.value}.weights_minutes"] = self.weights_minutes[location]
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays)
        return {LINEAR_FILE: buffer.getvalue()}

    @classmethod
    def from_artefacts(cls, features: FeatureSet, files: Mapping[str, bytes]) -> "LinearModel":
        """Read what :meth:`artefacts` wrote; runs no code that the file holds.

        Raises:
            ModelCorrupt: the arrays are missing, or not of the shape and range that the feature set asks for.
        """
        try:
            with np.load(io.BytesIO(files[LINEAR_FILE]), allow_pickle=False) as arrays:
                loaded = {name: arrays[name] for name in arrays.files}
            model = cls(
                features,
                float(loaded["intercept_minutes"][0]),
                float(loaded["minutes_per_mile"][0]),
                {location: loaded[f"{location.value}.codes"] for location in features.locations},
                {location: loaded[f"{location.value}.weights_minutes"] for location in features.locations},
            )
        except Exception as error:  # a damaged archive raises zip, zlib, array and key errors alike
            raise ModelCorrupt(f"{LINEAR_FILE} does not hold a linear model of {features.name}: {error}") from error
        model._check()
        return model

    def _check(self) -> None:
        for location, codes in self.codes.items():
            weights = self.weights_minutes[location]
            name = location.value
            if (
                codes.dtype != np.int64
                or weights.dtype != np.float64
                or codes.ndim != 1
                or codes.shape != weights.shape
            ):
                raise ModelCorrupt(f"{LINEAR_FILE}: codes and weights of {name} are not two columns of one length")
            if len(codes) and (codes[0] < 0 or codes[-1] >= location.codes or (np.diff(codes) <= 0).any()):
                raise ModelCorrupt(f"{LINEAR_FILE}: codes of {name} are out of range or out of order")
            if not np.isfinite(weights).all():
                raise ModelCorrupt(f"{LINEAR_FILE}: a weight of {name} is not finite")
        if not np.isfinite([self.intercept_minutes, self.minutes_per_mile]).all():
            raise ModelCorrupt(f"{LINEAR_FILE}: the intercept or the distance coefficient is not finite")
