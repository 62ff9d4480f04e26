"""A vectorizer fitted on something else than ridescore's features is refused by name."""

from typing import Any

import pytest
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import CountVectorizer

from scoring.errors import ModelIncompatible
from scoring.features import LocationFeature
from scoring.models.vocabulary import read_vocabulary


@pytest.mark.parametrize("separator", ["=", "::"])
def test_columns_are_read_whatever_separates_name_and_category(separator: str) -> None:
    vectorizer = DictVectorizer(separator=separator).fit([{"PU_DO": "130_205", "trip_distance": 1.0}])
    vocabulary = read_vocabulary(vectorizer)
    assert vocabulary.columns == {LocationFeature.PU_DO: {130 * 266 + 205: 0}}
    assert (vocabulary.features.name, vocabulary.distance_column, vocabulary.width) == ("pu_do+distance", 1, 2)


@pytest.mark.parametrize("vectorizer", [DictVectorizer(), object(), None, [1, 2]])
def test_what_was_not_fitted_is_refused(vectorizer: Any) -> None:
    with pytest.raises(ModelIncompatible, match="not fitted, or is not a DictVectorizer: it has no vocabulary_"):
        read_vocabulary(vectorizer)


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (
            {"PU_DO": "130.0_205.0", "trip_distance": 1.0},
            "PU_DO=130.0_205.0, which no ride has; train with ids as whole",
        ),
        ({"PULocationID": "130", "DOLocationID": "266"}, "DOLocationID=266, which no ride has"),
        (
            {"PULocationID": 130, "DOLocationID": 205, "trip_distance": 1.0},
            "DOLocationID as a number; an id is no quantity: turn it to a string",
        ),
        ({"PU_DO": 5, "trip_distance": 1.0}, "PU_DO as a number"),
        ({"PU_DO": "1_2", "trip_distance": 1.0, "hour": "5"}, "'hour', which a ride does not have; train on one of"),
        ({"PU_DO": "1_2", "trip_distance": "1.0"}, "'trip_distance', which a ride does not have"),
        ({"PU_DO": "1_2"}, "trained on PU_DO; this release has the feature sets 'pu_do"),
        ({"trip_distance": 1.0}, "trained on trip_distance; this release has"),
        ({"PULocationID": "1", "trip_distance": 1.0}, "trained on PULocationID, trip_distance; this release has"),
        (
            {"PU_DO": "1_2", "PULocationID": "1", "DOLocationID": "2", "trip_distance": 1.0},
            "trained on DOLocationID, PULocationID, PU_DO, trip_distance; this release has",
        ),
    ],
)
def test_foreign_features_are_refused_by_name(features: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelIncompatible) as refused:
        read_vocabulary(DictVectorizer().fit([features]))
    assert message in str(refused.value)


def test_another_kind_of_vectorizer_is_refused() -> None:
    with pytest.raises(ModelIncompatible, match="'hello', which a ride does not have"):
        read_vocabulary(CountVectorizer().fit(["hello"]))
