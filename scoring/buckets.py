"""The buckets of predicted minutes; apart from the metrics, so that who only counts does without their library."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from scoring.rides.columns import FloatArray

MINUTES: Final = (1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120)


def count_between(upper_bounds: FloatArray, values: Sequence[float] | FloatArray) -> list[int]:
    """How many values each bucket holds: those up to its bound, and over the bound before it."""
    array = np.asarray(values)
    up_to = [int(np.count_nonzero(array <= bound)) for bound in upper_bounds]
    return [mine - before for mine, before in zip(up_to, [0, *up_to], strict=False)]
