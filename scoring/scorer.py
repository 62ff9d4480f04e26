"""The scorer: one model version applied to rides, for every door.

Holds the version it was built with for good; a swap replaces the scorer, so work in flight keeps the version it began
with. One ride that the model fails on never spoils the others.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from typing import Final

import numpy as np

from scoring.errors import ModelFailed
from scoring.models.model import Model
from scoring.prediction import Prediction, rfc3339, rfc3339_now
from scoring.rides.columns import BoolArray, FloatArray, RideColumns
from scoring.rides.ride import Ride

DEFAULT_MODEL_NAME: Final = "ride-duration"


@dataclass(frozen=True, slots=True)
class ScoredColumns:
    """What the model says of n rides in columns.

    Attributes:
        durations_minutes: float64, shape (n,).
        known_routes: bool, shape (n,); False where a location feature was never seen in training.
        failed: bool, shape (n,); True where the duration is not finite and must not be published.
    """

    durations_minutes: FloatArray
    known_routes: BoolArray
    failed: BoolArray


class Scorer:
    """Applies one model version.

    Args:
        model: what scores.
        version: its name in predictions.
        clock: gives the aware time that predictions carry; the system's by default.
        name: of the model, shared by its versions.
    """

    def __init__(
        self,
        model: Model,
        version: str,
        clock: Callable[[], datetime] | None = None,
        name: str = DEFAULT_MODEL_NAME,
    ) -> None:
        self.model = model
        self.model_version = version
        self.model_name = name
        self._now = rfc3339_now if clock is None else lambda: rfc3339(clock())

    def score(self, ride: Ride, origin: str) -> Prediction:
        """Score one ride.

        Args:
            ride: what to score.
            origin: where it came from, which names it if it has no id.

        Raises:
            ModelFailed: the model raised, or gave a duration that is not finite.
        """
        duration, known = self.model.score_ride(ride)
        if not math.isfinite(duration):
            raise _not_finite(duration)
        return Prediction(ride.ride_id or origin, duration, self.model_version, self._now(), known)

    def score_rides(self, rides: Sequence[Ride], origins: Sequence[str]) -> list[Prediction | ModelFailed]:
        """Score n rides, bit-equal to :meth:`score` on each; n answers in their order, a failure at its own place.

        Args:
            rides: what to score.
            origins: n names, each used where its ride has no id.
        """
        version, time = self.model_version, self._now()
        durations, known, failures = self._scored(rides)
        if not len(durations) == len(known) == len(rides):  # or the rides at the end would be lost below
            raise ValueError(f"the model gave {len(durations)} durations for {len(rides)} rides")
        names = [ride.ride_id or origin for ride, origin in zip(rides, origins, strict=True)]
        answers: list[Prediction | ModelFailed] = list(
            map(Prediction, names, durations, repeat(version), repeat(time), known)
        )
        for place, failure in failures.items():
            answers[place] = failure
        return answers

    def score_columns(self, columns: RideColumns) -> ScoredColumns:
        """Score n rides in columns, bit-equal to :meth:`score` on each.

        Raises:
            ModelFailed: the model raised, for one ride at least.
        """
        durations, known = self.model.score_columns(columns)
        return ScoredColumns(durations, known, ~np.isfinite(durations))

    def score_columns_apart(self, columns: RideColumns) -> tuple[ScoredColumns, dict[int, ModelFailed]]:
        """The same where the model may raise: ride by ride then, so that one spoils no other.

        Returns:
            The scores, NaN minutes where the model failed; and by place what it raised, if it did.
        """
        try:
            return self.score_columns(columns), {}
        except ModelFailed:
            durations, known, failures = self._scored(columns.rides())
        failed = np.zeros(len(columns), dtype=np.bool_)
        failed[list(failures)] = True
        minutes = np.where(failed, np.nan, np.array(durations, dtype=np.float64))
        return ScoredColumns(minutes, np.array(known, dtype=np.bool_) & ~failed, failed), failures

    def _scored(self, rides: Sequence[Ride]) -> tuple[list[float], list[bool], dict[int, ModelFailed]]:
        """Score together; where that fails, bisect to the rides at fault, which are told by their place."""
        if not rides:
            return [], [], {}
        try:
            durations, known = self.model.score_rides(rides)
        except ModelFailed as error:
            if len(rides) == 1:
                return [math.nan], [False], {0: error}
            middle = len(rides) // 2
            left, right = self._scored(rides[:middle]), self._scored(rides[middle:])
            failures = left[2] | {middle + place: failure for place, failure in right[2].items()}
            return left[0] + right[0], left[1] + right[1], failures
        if math.isfinite(sum(durations)):  # one test for all: a sum with a part that is not finite is not either
            return durations, known, {}
        return (
            durations,
            known,
            {place: _not_finite(duration) for place, duration in enumerate(durations) if not math.isfinite(duration)},
        )


def _not_finite(duration: float) -> ModelFailed:
    return ModelFailed(f"the model gave {duration} minutes, which is no duration")
