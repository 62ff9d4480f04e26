"""The vectorised twin of DictVectorizer.transform: rides in columns to the same sparse matrix, without a dict a ride.

Proved equal to the vectorizer by a property test. Imports scipy when used, never at import.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from scoring.features import LocationFeature
from scoring.models.vocabulary import Vocabulary
from scoring.rides.columns import BoolArray, FloatArray, IntArray, RideColumns

_UNSEEN = -1


@dataclass(frozen=True, slots=True)
class OneHotTwin:
    """Look-up arrays from category code to matrix column.

    Attributes:
        column_of_code: for each location feature int64 of shape (codes,), -1 where the code was never seen.
        distance_column: the column of the distance, or None.
        width: how many columns the matrix has.
    """

    column_of_code: dict[LocationFeature, IntArray]
    distance_column: int | None
    width: int

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> "OneHotTwin":
        """The twin of the vectorizer that the vocabulary was read from."""
        lookups = {}
        for location, columns in vocabulary.columns.items():
            lookup = np.full(location.codes, _UNSEEN, dtype=np.int64)
            lookup[list(columns)] = list(columns.values())
            lookups[location] = lookup
        return cls(lookups, vocabulary.distance_column, vocabulary.width)

    def matrix(self, columns: RideColumns) -> Any:
        """A scipy CSR matrix, float64, shape (n, width); an unseen category is a row without an entry for it."""
        from scipy.sparse import csr_matrix

        n = len(columns)
        blocks = [self.column_of_code[location][location.codes_of(columns)] for location in self.column_of_code]
        values: list[FloatArray] = [np.ones(n) for _ in blocks]
        if self.distance_column is not None:
            blocks.append(np.full(n, self.distance_column, dtype=np.int64))
            values.append(columns.distances_miles)
        places = np.column_stack(blocks).astype(np.int32)  # the solvers take no wider indices
        order = np.argsort(
            places, axis=1, kind="stable"
        )  # entries of a row in column order, as the vectorizer has them
        places = np.take_along_axis(places, order, axis=1)
        entries = np.take_along_axis(np.column_stack(values), order, axis=1)
        present: BoolArray = places != _UNSEEN
        row_starts = np.concatenate([[0], np.cumsum(present.sum(axis=1))]).astype(np.int32)
        return csr_matrix((entries[present], places[present], row_starts), shape=(n, self.width))
