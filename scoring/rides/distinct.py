"""Equal rides of a batch found, so that a model that takes long computes each but once.

A month of green taxis has a fifth of its rides twice or more within 65,536 rows: distances are told in hundredths of a
mile. Hashing them costs a hundredth of what a forest does.
"""

import numpy as np

from scoring.rides.arrow_arrays import arrow_of, numbers_of
from scoring.rides.columns import IntArray, RideColumns
from scoring.rides.ride import LAST_ZONE


def distinct_rides(columns: RideColumns) -> tuple[RideColumns, IntArray]:
    """The rides of n that differ in a zone or in the distance's bits, m of them.

    Returns:
        Them; and for each of the n the place of its like among the m, shape (n,).
    """
    routes = columns.pickup_zones * (LAST_ZONE + 1) + columns.dropoff_zones
    distances = arrow_of(columns.distances_miles).dictionary_encode()
    keys = routes * len(distances.dictionary) + numbers_of(distances.indices)
    found = arrow_of(keys).dictionary_encode()
    places: IntArray = numbers_of(found.indices).astype(np.int64)
    examples = np.empty(len(found.dictionary), np.int64)
    examples[places] = np.arange(len(columns))  # any of those that are equal does
    return columns[examples], places
