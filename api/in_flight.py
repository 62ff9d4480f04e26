"""How many requests are being answered, and the limit on that: what is over it is told at once to come again."""

import threading
from typing import Final

from api.problem import busy

ENTERED_KEY: Final = "ridescore.entered"  # in a WSGI environ: the server has counted this request already


class InFlight:
    """Counts requests in flight; any thread may.

    Args:
        limit: the most at a time.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.count = 0
        self._lock = threading.Lock()

    def enter(self) -> None:
        """Begin one; :meth:`leave` must follow.

        Raises:
            Problem: there are as many as there may be (503, with `Retry-After`).
        """
        with self._lock:
            if self.count >= self.limit:
                raise busy(self.limit)
            self.count += 1

    def leave(self) -> None:
        """End one."""
        with self._lock:
            self.count -= 1
