"""Rides that are alike are found, whatever else stands between them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scoring.rides.columns import RideColumns
from scoring.rides.distinct import distinct_rides
from scoring.rides.ride import FIRST_ZONE, LAST_ZONE, Ride

_ZONES = st.sampled_from([FIRST_ZONE, FIRST_ZONE + 1, LAST_ZONE - 1, LAST_ZONE])
_MILES = st.sampled_from([0.0, 0.1, 0.30000000000000004, 0.3, 1e300]) | st.floats(0, 5)
_RIDES = st.builds(Ride, _ZONES, _ZONES, _MILES)


@given(st.lists(_RIDES, max_size=60))
def test_each_ride_is_at_its_place_and_none_is_there_twice(rides: list[Ride]) -> None:
    columns, places = distinct_rides(RideColumns.of(rides))
    found = columns.rides()
    assert [found[place] for place in places] == rides
    assert len(found) == len(set(rides))
    assert (places.dtype, places.shape) == (np.int64, (len(rides),))


def test_a_part_of_longer_columns_counts_alone() -> None:
    rides = [Ride(1, 2, 3.0), Ride(2, 1, 3.0), Ride(1, 2, 3.0), Ride(2, 1, 3.0)]
    columns, places = distinct_rides(RideColumns.of(rides)[1:3])
    assert [columns.rides()[place] for place in places] == rides[1:3]
