"""Arithmetic of measurements: percentiles, and ratios round by round."""

import math
import statistics
from collections.abc import Sequence


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all reach or stay below (nearest rank).

    Args:
        ordered: ascending, not empty.
        share: above 0, at most 1; 0.99 for p99.
    """
    if not ordered:
        raise ValueError("no values")
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median_ratio(ours: Sequence[float | None], theirs: Sequence[float | None]) -> float | None:
    """The median of the ratios within each round, so that a machine that slows down between rounds changes none.

    Args:
        ours: by round; None where it did not finish.
        theirs: the same rounds.
    """
    ratios = [a / b for a, b in zip(ours, theirs, strict=True) if a is not None and b]
    return statistics.median(ratios) if ratios else None
