"""Which locations a model has seen: the source of `known_route`.

A vectorizer silently scores an unseen category as nothing at all; here that is told to whoever asked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from scoring.features import ROUTE_CODES, ZONE_CODES, FeatureSet, LocationFeature
from scoring.rides.columns import BoolArray, IntArray, RideColumns

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, slots=True)
class KnownLocations:
    """The category codes seen in training, for each location feature."""

    codes: Mapping[LocationFeature, IntArray]

    @classmethod
    def seen_in(cls, columns: RideColumns, features: FeatureSet) -> "KnownLocations":
        """Those of the rides that a model is trained on."""
        return cls({location: np.unique(location.codes_of(columns)) for location in features.locations})

    @classmethod
    def of(cls, codes: Mapping[LocationFeature, Iterable[int]]) -> "KnownLocations":
        """Those of a vocabulary."""
        return cls({location: np.unique(np.fromiter(seen, np.int64)) for location, seen in codes.items()})

    def route_table(self) -> BoolArray:
        """Whether every location feature of a route is known: bool, shape (266 * 266,), indexed by route code."""
        table = np.ones((ZONE_CODES, ZONE_CODES), dtype=np.bool_)
        for location, codes in self.codes.items():
            seen = np.zeros(location.codes, dtype=np.bool_)
            seen[codes] = True
            table &= by_route(location, seen)
        return table.reshape(ROUTE_CODES)


def by_route(location: LocationFeature, values: npt.NDArray[T]) -> npt.NDArray[T]:
    """Spread values by category code over the (266, 266) grid of pick-up and drop-off zones, by broadcasting."""
    match location:
        case LocationFeature.PU_DO:
            return values.reshape(ZONE_CODES, ZONE_CODES)
        case LocationFeature.PICKUP:
            return values[:, np.newaxis]
        case LocationFeature.DROPOFF:
            return values[np.newaxis, :]
