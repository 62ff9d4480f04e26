"""The vectorised twins are equal to scikit-learn's DictVectorizer, unseen categories and all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction import DictVectorizer

from scoring.features import FEATURE_SETS, FeatureSet, LocationFeature, feature_set
from scoring.models.one_hot import OneHotTwin
from scoring.models.vocabulary import Vocabulary, read_vocabulary
from scoring.rides.columns import RideColumns
from scoring.rides.ride import Ride

feature_sets = st.sampled_from(list(FEATURE_SETS.values()))
some_rides = st.from_type(RideColumns).filter(len)


def fitted(features: FeatureSet, rides: RideColumns) -> DictVectorizer:
    """The vectorizer that a notebook would fit on these rides."""
    return DictVectorizer().fit([features.features_of(ride) for ride in rides.rides()])


def names(vocabulary: Vocabulary) -> dict[str, int]:
    """A vocabulary in a vectorizer's own terms."""
    found = {
        f"{location.value}={location.value_of_code(code)}": column
        for location, columns in vocabulary.columns.items()
        for code, column in columns.items()
    }
    return found if vocabulary.distance_column is None else found | {"trip_distance": vocabulary.distance_column}


@given(feature_sets, some_rides, st.from_type(RideColumns))
def test_the_twin_gives_the_matrix_of_the_vectorizer(
    features: FeatureSet, training: RideColumns, scoring: RideColumns
) -> None:
    vectorizer = fitted(features, training)
    twin = OneHotTwin.of(read_vocabulary(vectorizer))
    for rides in (training, scoring):
        matrix = twin.matrix(rides)
        assert matrix.shape == (len(rides), len(vectorizer.vocabulary_))
        assert matrix.dtype == np.float64
        if len(rides):  # scikit-learn's own refuses none
            expected = vectorizer.transform([features.features_of(ride) for ride in rides.rides()])
            np.testing.assert_array_equal(matrix.toarray(), expected.toarray(), strict=True)


@given(feature_sets, some_rides)
def test_a_vocabulary_made_of_rides_is_the_fitted_one(features: FeatureSet, training: RideColumns) -> None:
    vectorizer = fitted(features, training)
    vocabulary = Vocabulary.seen_in(training, features)
    assert names(vocabulary) == vectorizer.vocabulary_
    assert vocabulary.width == len(vectorizer.feature_names_)
    assert vocabulary == read_vocabulary(vectorizer)


def test_an_unseen_route_is_a_row_of_its_distance_alone() -> None:
    features = feature_set("pu_do+distance")
    twin = OneHotTwin.of(Vocabulary.seen_in(RideColumns.of([Ride(1, 2, 3.0)]), features))
    assert twin.matrix(RideColumns.of([Ride(1, 2, 4.0), Ride(2, 1, 5.0)])).toarray().tolist() == [
        [1.0, 4.0],
        [0.0, 5.0],
    ]


def test_the_order_of_a_vectorizer_that_does_not_sort_is_kept() -> None:
    features = feature_set("pu,do,distance")
    training = [Ride(265, 3, 1.0), Ride(1, 2, 2.0)]
    vectorizer = DictVectorizer(sort=False).fit([features.features_of(ride) for ride in training])
    assert list(vectorizer.vocabulary_) != sorted(vectorizer.vocabulary_)
    matrix = OneHotTwin.of(read_vocabulary(vectorizer)).matrix(RideColumns.of(training))
    expected = vectorizer.transform([features.features_of(ride) for ride in training])
    np.testing.assert_array_equal(matrix.toarray(), expected.toarray(), strict=True)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_the_matrix_has_indices_that_every_solver_takes(n: int) -> None:
    twin = OneHotTwin.of(Vocabulary.seen_in(RideColumns.of([Ride(1, 2, 3.0)]), feature_set("pu,do")))
    matrix = twin.matrix(RideColumns.of([Ride(1, 2, 3.0)] * n))
    assert (matrix.indices.dtype, matrix.indptr.dtype) == (np.int32, np.int32)
    assert matrix.has_sorted_indices
    assert set(twin.column_of_code) == {LocationFeature.PICKUP, LocationFeature.DROPOFF}
