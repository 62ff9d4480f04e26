"""Waiting that ends early on Ctrl-C: every pause of the suite, in whichever thread, goes through one of these."""

import threading
import time
from collections.abc import Callable


class Stopped(BaseException):
    """The suite was told to stop; what runs is ended and cleaned up."""


class GaveUp(Exception):
    """Something that must happen did not happen in time."""


class Patience:
    """Waits, until :meth:`stop` is called from anywhere."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End all waiting, now and later."""
        self._stopped.set()

    def pause(self, seconds: float) -> None:
        """Wait that long."""
        if self._stopped.wait(max(0.0, seconds)):
            raise Stopped

    def until(self, happened: Callable[[], object], seconds: float, what: str, every: float = 0.05) -> None:
        """Wait until it is true; raises GaveUp, saying what did not happen, where it is not in time."""
        if not self.happens(happened, seconds, every):
            raise GaveUp(f"{what} did not happen within {seconds:g} s")

    def happens(self, happened: Callable[[], object], seconds: float, every: float = 0.05) -> bool:
        """Wait until it is true; whether it was in time."""
        deadline = time.monotonic() + seconds
        while not happened():
            if time.monotonic() > deadline:
                return False
            self.pause(every)
        return True
