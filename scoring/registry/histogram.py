"""Histograms of training predictions and features: what later traffic is compared with to see drift.

Bounded in size, JSON-ready, and made the same way wherever they are made.
"""

from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

_QUANTILES: Final = 20


class Histogram(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Counts between edges.

    Attributes:
        edges: ascending; bin i holds values v with edges[i] <= v < edges[i+1].
        counts: one more at either end than between the edges: the first holds what is below, the last what is not.
    """

    edges: list[float]
    counts: list[int]

    @classmethod
    def of(cls, values: npt.NDArray[np.float64]) -> "Histogram":
        """Count finite values between their own quantiles: about 20 bins of equal weight."""
        finite = values[np.isfinite(values)]
        if not len(finite):
            return cls([], [0])
        edges = np.unique(np.quantile(finite, np.linspace(0, 1, _QUANTILES + 1)[1:-1]))
        return cls(edges.tolist(), count_between(edges, finite))


def count_between(edges: npt.NDArray[np.float64], values: npt.NDArray[np.float64]) -> list[int]:
    """Count values below the first edge, between each two, and from the last on: len(edges) + 1 counts."""
    counts: list[int] = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1).tolist()
    return counts
