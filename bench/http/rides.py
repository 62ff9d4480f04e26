"""The rides that every server is asked for, and the durations that it must answer."""

import random
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from scoring.models.model import Model
from scoring.rides.ride import Ride

COUNT: Final = 64
_SEED: Final = 7


@dataclass(frozen=True, slots=True)
class AskedRide:
    """One ride and the answer of the core.

    Attributes:
        ride: with an id of its own.
        duration_minutes: what the core says.
    """

    ride: Ride
    duration_minutes: float


def asked_rides(model: Model, count: int = COUNT) -> list[AskedRide]:
    """The same rides in every run, each with another duration."""
    chance = random.Random(_SEED)  # noqa: S311 - the same rides each time
    rides = [
        Ride(
            chance.randint(1, 265),
            chance.randint(1, 265),
            round(0.5 + place * 0.037 + chance.random() / 100, 4),
            f"r{place}",
        )
        for place in range(count)
    ]
    return [AskedRide(ride, model.score_ride(ride)[0]) for ride in rides]


def plain_body(ride: Ride) -> bytes:
    """As the API and nearly all others read it."""
    return msgspec.json.encode(ride)


def open_inference_body(ride: Ride) -> bytes:
    """As the Open Inference Protocol has it: a tensor of one element a field."""

    def tensor(name: str, datatype: str, value: Any) -> dict[str, Any]:
        return {"name": name, "shape": [1, 1], "datatype": datatype, "data": [value]}

    inputs = [
        tensor("PULocationID", "INT64", ride.PULocationID),
        tensor("DOLocationID", "INT64", ride.DOLocationID),
        tensor("trip_distance", "FP64", ride.trip_distance),
    ]
    return msgspec.json.encode({"inputs": inputs})


def without_id(ride: Ride) -> bytes:
    """For servers that refuse fields they do not know."""
    fields = msgspec.to_builtins(ride)
    del fields["ride_id"]
    return msgspec.json.encode(fields)
