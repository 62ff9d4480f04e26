"""The watchdog: kafka-python's commit, abort and send_offsets wait for ever, and a worker that hangs holds its rides.

A phase that outlives its bound dumps every thread's stack and ends the process; its successor aborts what was open.
"""

import faulthandler
import logging
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

log = logging.getLogger(__name__)

EXIT_STUCK: Final = 70
_CHECK_SECONDS: Final = 0.5


def _end_the_process() -> None:
    faulthandler.dump_traceback(file=sys.__stderr__ or 2, all_threads=True)
    os._exit(EXIT_STUCK)


class Watchdog:
    """Watches one loop.

    Args:
        bounds_seconds: the longest that each phase may take; phases without one may take for ever.
        on_stuck: called once in the watchdog's thread; ends the process by default.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        bounds_seconds: Mapping[str, float],
        on_stuck: Callable[[], None] = _end_the_process,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bounds = bounds_seconds
        self._on_stuck = on_stuck
        self._clock = clock
        self._phase = ("idle", clock())
        self._last_moment = math.inf

    def reached(self, phase: str) -> None:
        """The loop begins a phase."""
        self._phase = (phase, self._clock())

    def end_within(self, seconds: float) -> None:
        """The loop was told to stop: from now on no phase may last longer than this. Safe in a signal handler."""
        self._last_moment = self._clock() + seconds

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch while the block runs."""
        done = threading.Event()
        thread = threading.Thread(target=self._watch, args=(done,), name="watchdog", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _watch(self, done: threading.Event) -> None:
        while not done.wait(_CHECK_SECONDS):
            phase, since = self._phase
            bound = self._bounds.get(phase, math.inf)
            now = self._clock()
            if now - since > bound or (now > self._last_moment and phase in self._bounds):
                log.critical("the worker is stuck; ending it", extra={"reason": phase, "seconds": now - since})
                self._on_stuck()
                return
