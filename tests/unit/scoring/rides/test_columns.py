"""Rides in columns are the same rides, in their order."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scoring.rides.columns import RideColumns
from scoring.rides.ride import Ride


@given(st.lists(st.from_type(Ride), max_size=20))
def test_rides_survive_the_columns(rides: list[Ride]) -> None:
    columns = RideColumns.of(rides)
    assert columns.rides() == rides
    assert len(columns) == len(rides)
    assert (columns.pickup_zones.dtype, columns.dropoff_zones.dtype) == (np.int64, np.int64)
    assert columns.distances_miles.dtype == np.float64


def test_columns_leave_ids_behind() -> None:
    assert RideColumns.of([Ride(1, 2, 3.0, "a")]).rides() == [Ride(1, 2, 3.0)]


def test_rows_are_chosen_by_slice_mask_and_index() -> None:
    rides = [Ride(zone, 266 - zone, zone / 10) for zone in (1, 2, 3, 4)]
    columns = RideColumns.of(rides)
    assert columns[1:3].rides() == rides[1:3]
    assert columns[np.array([True, False, False, True])].rides() == [rides[0], rides[3]]
    assert columns[np.array([3, 0])].rides() == [rides[3], rides[0]]
