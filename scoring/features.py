"""The only feature code: what a model is told of a ride, one named feature set each.

Two forms that must agree, held together by a property test: a dict a ride (what scikit-learn's DictVectorizer reads)
and integer codes for arrays. Ids become strings here and nowhere else.
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np

from scoring.errors import ModelIncompatible
from scoring.rides.columns import IntArray, RideColumns
from scoring.rides.ride import FIRST_ZONE, LAST_ZONE, Ride

ZONE_CODES: Final = LAST_ZONE + 1  # zone ids index arrays directly; 0 stays unused
ROUTE_CODES: Final = ZONE_CODES * ZONE_CODES
DISTANCE: Final = "trip_distance"
_ZONE: Final = re.compile(r"[1-9][0-9]{0,2}")


class LocationFeature(Enum):
    """A categorical feature made of the ride's zones."""

    PU_DO = "PU_DO"
    PICKUP = "PULocationID"
    DROPOFF = "DOLocationID"

    @property
    def codes(self) -> int:
        """How many codes there are: every code is at least 0 and below this."""
        return ROUTE_CODES if self is LocationFeature.PU_DO else ZONE_CODES

    def value_of(self, ride: Ride) -> str:
        """The category of one ride, as the vectorizer sees it."""
        match self:
            case LocationFeature.PU_DO:
                return f"{ride.PULocationID}_{ride.DOLocationID}"
            case LocationFeature.PICKUP:
                return str(ride.PULocationID)
            case LocationFeature.DROPOFF:
                return str(ride.DOLocationID)

    def value_of_code(self, code: int) -> str:
        """The category's text of a code; the inverse of :meth:`code_of_value`."""
        return "_".join(map(str, divmod(code, ZONE_CODES))) if self is LocationFeature.PU_DO else str(code)

    def codes_of(self, columns: RideColumns) -> IntArray:
        """The category of each ride as a code: int64, shape (n,)."""
        match self:
            case LocationFeature.PU_DO:
                return columns.pickup_zones * ZONE_CODES + columns.dropoff_zones
            case LocationFeature.PICKUP:
                return columns.pickup_zones
            case LocationFeature.DROPOFF:
                return columns.dropoff_zones

    def code_of_value(self, value: str) -> int:
        """The code of a category's text.

        Raises:
            ModelIncompatible: no ride can have this category, such as ``130.0_205.0`` or a zone beyond 265.
        """
        zones = value.split("_") if self is LocationFeature.PU_DO else [value]
        numbers = [int(zone) if _ZONE.fullmatch(zone) else 0 for zone in zones]
        if len(numbers) != (2 if self is LocationFeature.PU_DO else 1) or not all(
            FIRST_ZONE <= number <= LAST_ZONE for number in numbers
        ):
            raise ModelIncompatible(
                f"the model was trained on {self.value}={value}, which no ride has; "
                f"train with ids as whole numbers {FIRST_ZONE} to {LAST_ZONE}, turned to strings without decimals"
            )
        return numbers[0] if len(numbers) == 1 else numbers[0] * ZONE_CODES + numbers[1]


@dataclass(frozen=True, slots=True)
class FeatureSet:
    """A named choice of features.

    Attributes:
        name: as given to ``--features`` and kept in the manifest.
        locations: its categorical features, in the order of the name.
        uses_distance: whether ``trip_distance`` is a feature.
    """

    name: str
    locations: tuple[LocationFeature, ...]
    uses_distance: bool

    def features_of(self, ride: Ride) -> dict[str, str | float]:
        """One ride as the dict that a DictVectorizer reads.

        >>> feature_set("pu_do+distance").features_of(Ride(130, 205, 3.66))
        {'PU_DO': '130_205', 'trip_distance': 3.66}
        """
        features: dict[str, str | float] = {location.value: location.value_of(ride) for location in self.locations}
        if self.uses_distance:
            features[DISTANCE] = ride.trip_distance
        return features

    def code_matrix(self, columns: RideColumns) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        """Rides as numbers: float64, shape (n, features), location codes first, then miles if used.

        For estimators that encode categories themselves. Codes are below 2**17, so float64 holds them exactly.
        """
        parts = [location.codes_of(columns).astype(np.float64) for location in self.locations]
        if self.uses_distance:
            parts.append(columns.distances_miles)
        return np.column_stack(parts)


_PU_DO_DISTANCE: Final = FeatureSet("pu_do+distance", (LocationFeature.PU_DO,), uses_distance=True)
_ZONES_DISTANCE: Final = FeatureSet(
    "pu,do,distance", (LocationFeature.PICKUP, LocationFeature.DROPOFF), uses_distance=True
)
_ZONES: Final = FeatureSet("pu,do", (LocationFeature.PICKUP, LocationFeature.DROPOFF), uses_distance=False)

FEATURE_SETS: Final = {each.name: each for each in (_PU_DO_DISTANCE, _ZONES_DISTANCE, _ZONES)}
DEFAULT_FEATURE_SET: Final = _PU_DO_DISTANCE.name


def feature_set(name: str) -> FeatureSet:
    """Find a feature set by its name.

    Raises:
        ModelIncompatible: there is none of that name.
    """
    try:
        return FEATURE_SETS[name]
    except KeyError:
        raise ModelIncompatible(
            f"no feature set is named {name!r}; this release has {', '.join(map(repr, FEATURE_SETS))}"
        ) from None
