"""The limit of dead letters: when too large a share of recent rides cannot be scored, something upstream has broken.

A worker that went on would move a whole topic aside.
"""

from collections import deque
from typing import Final

from scoring.errors import DeadLetterLimitExceeded

FEWEST_RIDES: Final = 100  # below this a share says nothing: one bad ride of two is no trend


class DeadLetterLimit:
    """Watches the share of dead letters over a window of rides.

    Args:
        share: the largest that is allowed, 0 to 1; None allows any.
        window_rides: over how many of the latest rides, batches whole.
    """

    def __init__(self, share: float | None, window_rides: int) -> None:
        self._share = share
        self._window_rides = window_rides
        self._batches: deque[tuple[int, int]] = deque()

    def refuse(self, rides: int, dead_letters: int) -> None:
        """Judge a batch before it is committed.

        Args:
            rides: in the batch, dead letters included.
            dead_letters: among them.

        Raises:
            DeadLetterLimitExceeded: with this batch the share is over the limit.
        """
        if self._share is None:
            return
        seen = rides + sum(each for each, _ in self._batches)
        bad = dead_letters + sum(each for _, each in self._batches)
        if seen >= FEWEST_RIDES and bad > self._share * seen:
            raise DeadLetterLimitExceeded(
                f"{bad:,} of the last {seen:,} rides could not be scored, more than WORKER_DEAD_LETTER_LIMIT "
                f"({self._share:g}) allows; this batch was not committed. Mend what publishes them, or raise the "
                "limit, and start the worker again"
            )

    def committed(self, rides: int, dead_letters: int) -> None:
        """The batch counts from now on."""
        if self._share is None:
            return
        self._batches.append((rides, dead_letters))
        while sum(each for each, _ in self._batches) - self._batches[0][0] >= self._window_rides:
            self._batches.popleft()
