"""Predictions against actual durations, in sums that parts add up to the same figures in whatever process.

Definitions as in :mod:`training.evaluate`; what counts as a usual ride is what models are trained on.
"""

import math

import msgspec
import numpy as np

from scoring.registry.manifest import Metrics
from scoring.rides.columns import FloatArray


class ErrorSums(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sums over rides of predicted minus actual minutes."""

    rides: int = 0
    squares: float = 0.0
    absolutes: float = 0.0
    differences: float = 0.0

    @classmethod
    def of(cls, over_minutes: FloatArray) -> "ErrorSums":
        """Of predicted minus actual, shape (n,), without NaN."""
        return cls(
            len(over_minutes),
            float(np.square(over_minutes).sum()),  # not a dot product, whose sum depends on its threads
            float(np.abs(over_minutes).sum()),
            float(over_minutes.sum()),
        )

    def __add__(self, other: "ErrorSums") -> "ErrorSums":
        return ErrorSums(
            self.rides + other.rides,
            self.squares + other.squares,
            self.absolutes + other.absolutes,
            self.differences + other.differences,
        )

    def metrics(self) -> Metrics | None:
        """RMSE, MAE and bias in minutes; None over no rides."""
        if not self.rides:
            return None
        return Metrics(
            rides=self.rides,
            rmse_minutes=math.sqrt(self.squares / self.rides),
            mae_minutes=self.absolutes / self.rides,
            bias_minutes=self.differences / self.rides,
        )
