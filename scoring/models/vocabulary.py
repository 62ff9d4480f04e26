"""Which matrix column each category has: read from a fitted DictVectorizer, or made from rides as one would.

Reads attributes alone, so that this needs no scikit-learn import.
"""

from dataclasses import dataclass
from typing import Any

from scoring.errors import ModelIncompatible
from scoring.features import DISTANCE, FEATURE_SETS, FeatureSet, LocationFeature
from scoring.models.known import KnownLocations
from scoring.rides.columns import RideColumns


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The columns of a DictVectorizer in our terms.

    Attributes:
        features: the feature set it was fitted on.
        columns: for each location feature, its category codes and the column of each.
        distance_column: the column of ``trip_distance``; None where the feature set leaves it out.
        width: how many columns there are.
    """

    features: FeatureSet
    columns: dict[LocationFeature, dict[int, int]]
    distance_column: int | None
    width: int

    @classmethod
    def seen_in(cls, rides: RideColumns, features: FeatureSet) -> "Vocabulary":
        """What a DictVectorizer fitted on these rides would hold: one column a category, ordered by their names."""
        known = KnownLocations.seen_in(rides, features)
        named: list[tuple[str, LocationFeature | None, int]] = [
            (f"{location.value}={location.value_of_code(code)}", location, code)
            for location, codes in known.codes.items()
            for code in codes.tolist()
        ]
        if features.uses_distance:
            named.append((DISTANCE, None, 0))
        named.sort(key=lambda entry: entry[0])
        columns: dict[LocationFeature, dict[int, int]] = {location: {} for location in features.locations}
        distance_column = None
        for column, (_name, location, code) in enumerate(named):
            if location is None:
                distance_column = column
            else:
                columns[location][code] = column
        return cls(features, columns, distance_column, len(named))


def read_vocabulary(vectorizer: Any) -> Vocabulary:
    """Read a fitted ``sklearn.feature_extraction.DictVectorizer``.

    Raises:
        ModelIncompatible: it is not fitted, or was fitted on features that a ride does not have.
    """
    columns_by_name: dict[str, int] = getattr(vectorizer, "vocabulary_", {})
    if not columns_by_name:
        raise ModelIncompatible("the vectorizer is not fitted, or is not a DictVectorizer: it has no vocabulary_")
    separator = str(getattr(vectorizer, "separator", "="))
    columns: dict[LocationFeature, dict[int, int]] = {}
    distance_column = None
    for name, column in columns_by_name.items():
        if name == DISTANCE:
            distance_column = column
            continue
        location = _location(name.split(separator, 1)[0], is_category=separator in name)
        code = location.code_of_value(name.split(separator, 1)[1])
        columns.setdefault(location, {})[code] = column
    return Vocabulary(
        _feature_set(set(columns), distance_column is not None), columns, distance_column, len(columns_by_name)
    )


def _location(name: str, *, is_category: bool) -> LocationFeature:
    try:
        location = LocationFeature(name)
    except ValueError:
        raise ModelIncompatible(
            f"the model was trained on {name!r}, which a ride does not have; "
            f"train on one of the feature sets {', '.join(map(repr, FEATURE_SETS))}"
        ) from None
    if not is_category:
        raise ModelIncompatible(
            f"the model was trained on {name} as a number; an id is no quantity: turn it to a string before fitting"
        )
    return location


def _feature_set(locations: set[LocationFeature], uses_distance: bool) -> FeatureSet:
    for candidate in FEATURE_SETS.values():
        if set(candidate.locations) == locations and candidate.uses_distance == uses_distance:
            return candidate
    found = sorted(location.value for location in locations) + ([DISTANCE] if uses_distance else [])
    raise ModelIncompatible(
        f"the model was trained on {', '.join(found)}; this release has the feature sets "
        f"{', '.join(map(repr, FEATURE_SETS))}"
    )
