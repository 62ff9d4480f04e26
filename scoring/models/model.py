"""What every model can do, whatever its kind.

The single-ride path and the array path of one model must give bit-equal durations.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

from scoring.features import FeatureSet
from scoring.rides.columns import BoolArray, FloatArray, RideColumns
from scoring.rides.ride import Ride

ModelKind = Literal["linear", "estimator"]


class Model(Protocol):
    """Scores rides; immutable, so that any number of threads may share one."""

    @property
    def kind(self) -> ModelKind:
        """Which of the two kinds it is."""
        ...

    @property
    def features(self) -> FeatureSet:
        """The feature set it was trained on."""
        ...

    def score_ride(self, ride: Ride) -> tuple[float, bool]:
        """The duration of one ride in minutes, and whether its location features were seen in training."""
        ...

    def score_rides(self, rides: Sequence[Ride]) -> tuple[list[float], list[bool]]:
        """The same for each of n rides, in their order."""
        ...

    def score_columns(self, columns: RideColumns) -> tuple[FloatArray, BoolArray]:
        """The same for n rides in columns: minutes as float64 and known as bool, each of shape (n,)."""
        ...

    def artefacts(self) -> dict[str, bytes]:
        """The files that hold it, by name; see :func:`scoring.models.artefacts.model_from_artefacts`."""
        ...
