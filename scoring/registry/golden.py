"""Golden rides: ten rides whose durations a version must still give before it may score."""

from typing import Final

import numpy as np

from scoring.errors import ModelCorrupt, ModelFailed
from scoring.models.compile import AGREEMENT_MINUTES
from scoring.models.model import Model
from scoring.registry.manifest import GoldenRide
from scoring.rides.columns import RideColumns

GOLDEN_RIDES: Final = 10


def choose_golden_rides(model: Model, rides: RideColumns) -> list[GoldenRide]:
    """Score ten of the training rides, spread over the whole of them, and keep the answers."""
    rows = np.unique(np.linspace(0, len(rides) - 1, min(GOLDEN_RIDES, len(rides))).astype(np.int64))
    return [GoldenRide(ride, *model.score_ride(ride)) for ride in rides[rows].rides()]


def verify_golden_rides(model: Model, golden: list[GoldenRide], where: str) -> None:
    """Score the golden rides on both paths.

    Raises:
        ModelCorrupt: one is not given its duration within 1e-9 minutes, or the two paths differ by a bit.
    """
    if not golden:
        raise ModelCorrupt(f"{where} has no golden rides to prove the model by; train and register it again")
    rides = [each.ride for each in golden]
    try:
        singles = [model.score_ride(ride) for ride in rides]
        together = list(zip(*model.score_rides(rides), strict=True))
    except ModelFailed as error:
        raise ModelCorrupt(f"{where}: the model fails on a golden ride: {error}") from error
    for each, (duration, known), batched in zip(golden, singles, together, strict=True):
        if (duration, known) != batched:
            raise ModelCorrupt(f"{where}: alone a golden ride is {duration!r} minutes, in a batch {batched[0]!r}")
        ride = f"{each.ride.PULocationID} to {each.ride.DOLocationID}, {each.ride.trip_distance} miles"
        if known != each.known_route:
            wrong = f"was on a route {_seen(each.known_route)} in training and now is on one {_seen(known)}"
        elif not abs(duration - each.duration_minutes) <= AGREEMENT_MINUTES:
            wrong = f"should take {each.duration_minutes!r} minutes and scores {duration!r}"
        else:
            continue
        raise ModelCorrupt(
            f"{where}: a golden ride ({ride}) {wrong}; "
            "the artefact or a library has changed: restore the version or train a new one"
        )


def _seen(known: bool) -> str:
    return "seen" if known else "not seen"
