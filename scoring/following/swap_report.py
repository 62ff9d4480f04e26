"""What a swap tells: one log line, a count, and which version scores. A problem is told when it begins and ends."""

import logging

from scoring.metrics import Metrics

log = logging.getLogger(__name__)


class SwapReport:
    """Tells of one process's swaps in its metrics and its log."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def began(self, version: str) -> None:
        """The first version scores, found when the process started."""
        self._metrics.model_info.labels(version).set(1)

    def swapped(self, version: str, before: str, seconds: float) -> None:
        """Another version scores."""
        if before != version:
            if before:
                self._metrics.model_info.labels(before).set(0)
            self._metrics.model_info.labels(version).set(1)
        self._metrics.model_swaps.labels("swapped").inc()
        extra = {"model_version": version, "previous_version": before, "seconds": round(seconds, 3)}
        log.info("another model version scores", extra=extra)

    def failed(self) -> None:
        """A version was loaded in vain."""
        self._metrics.model_swaps.labels("failed").inc()

    def problem(self, error: str, in_force: str) -> None:
        """What is chosen cannot score, for a reason not told before."""
        about = {"error": error, "model_version": in_force}
        if in_force:
            log.warning("the chosen model cannot score; the version before it goes on", extra=about)
        else:
            log.warning("no model can score", extra=about)

    def solved(self, in_force: str) -> None:
        """What is chosen scores again, without a swap."""
        log.info("the chosen model scores", extra={"model_version": in_force})
