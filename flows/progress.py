"""How far a run is, as the progress artifact on its page; told at most once a second, and never in the run's way."""

import logging
import threading
import time
from typing import Final, cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact

log = logging.getLogger(__name__)

_KEY: Final = "ridescore-progress"
_PAUSE_SECONDS: Final = 1.0


class Progress:
    """A share of work done.

    Args:
        total: units of work in all, such as rows; where 0, nothing is shown before the end.
        what: is worked on.
    """

    def __init__(self, total: int, what: str) -> None:
        self._total, self._what = total, what
        self._done = 0
        self._told = 0.0
        self._lock = threading.Lock()
        self._artifact: UUID | None = None
        self.reach(0.0)

    def add(self, units: int) -> None:
        """So much more is done; from any thread."""
        with self._lock:
            self._done += units
            moment = time.monotonic()
            if self._total and moment - self._told >= _PAUSE_SECONDS:
                self._told = moment
                self._tell(min(99.0, 100.0 * self._done / self._total))

    def reach(self, percent: float) -> None:
        """So many percent of all are done."""
        with self._lock:
            self._tell(percent)

    def _tell(self, percent: float) -> None:
        try:
            if self._artifact is None:
                made = create_progress_artifact(progress=percent, key=_KEY, description=self._what)
                self._artifact = cast(UUID, made)
            else:
                update_progress_artifact(self._artifact, progress=percent)
        except Exception as error:  # noqa: BLE001  # a page that lags is no reason to lose a run
            log.debug("progress not told: %s", error)
