"""Rides in columns: the form that the array path scores.

Holds valid rides only; what checks a file's rows comes before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.rides.ride import Ride

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RideColumns:
    """n valid rides, one array a field, in the same order.

    Attributes:
        pickup_zones: int64, shape (n,), each 1 to 265.
        dropoff_zones: int64, shape (n,), each 1 to 265.
        distances_miles: float64, shape (n,), each finite and zero or more.
    """

    pickup_zones: IntArray
    dropoff_zones: IntArray
    distances_miles: FloatArray

    @classmethod
    def of(cls, rides: Sequence[Ride]) -> "RideColumns":
        """Turn rides into columns, in their order."""
        return cls(
            np.fromiter((ride.PULocationID for ride in rides), np.int64, len(rides)),
            np.fromiter((ride.DOLocationID for ride in rides), np.int64, len(rides)),
            np.fromiter((ride.trip_distance for ride in rides), np.float64, len(rides)),
        )

    def __len__(self) -> int:
        return len(self.distances_miles)

    def __getitem__(self, rows: slice | BoolArray | IntArray) -> "RideColumns":
        return RideColumns(self.pickup_zones[rows], self.dropoff_zones[rows], self.distances_miles[rows])

    def rides(self) -> list[Ride]:
        """The same rides one by one, without ids."""
        return [
            Ride(pickup, dropoff, miles)
            for pickup, dropoff, miles in zip(
                self.pickup_zones.tolist(), self.dropoff_zones.tolist(), self.distances_miles.tolist(), strict=True
            )
        ]
