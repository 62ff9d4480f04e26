"""What is counted and logged of requests: cheap where a request is answered, true when the metrics are read.

Requests leave a small tuple behind; a thread turns them into observations a few times a second, and `/metrics` does so
before it answers. An observation at a time costs several times a ride's scoring, and a line of the log may wait for a
disk.
"""

import itertools
import logging
import threading
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np
from prometheus_client import Counter, Histogram

from api.in_flight import InFlight
from scoring.metrics import Metrics, observe_all
from scoring.prediction import Prediction
from scoring.rides.columns import FloatArray
from scoring.rides.ride import SUSPECT_DISTANCE_MILES
from scoring.settings.api_settings import ApiSettings

log = logging.getLogger("api.access")

FLUSH_SECONDS: Final = 0.25
_AT_A_TIME: Final = 500  # requests: as many as take no longer than others wait for Python's lock, half a millisecond
_SHORTEST_SECONDS: Final = 0.02
_MOST_UNOBSERVED: Final = 50_000
_MOST_BATCHES_UNOBSERVED: Final = 1_000
_DOOR: Final = "http"


class Recorder:
    """Counts and logs the requests of one process.

    Args:
        settings: how much is logged.
        metrics: where it is counted.
        in_flight: what the gauge of that name tells.
    """

    def __init__(self, settings: ApiSettings, metrics: Metrics, in_flight: InFlight) -> None:
        self.metrics = metrics
        self._in_flight = in_flight
        self._requests: deque[tuple[str, int, float]] = deque()
        self._scored: deque[tuple[float, float, bool, float]] = deque()
        self._batches: deque[tuple[float, Sequence[float] | FloatArray, int, int, int]] = deque()
        self._lines_to_write: deque[logging.LogRecord] = deque()
        self._lines_a_second = settings.access_log_per_second
        self._second = 0
        self._lines = 0
        self._skipped = 0
        self._every_ride = 1 / settings.log_rides_share if settings.log_rides_share else 0.0
        self._logged_rides = itertools.count(1)
        self._flushing = threading.Lock()
        self._flusher: threading.Thread | None = None

    def start(self) -> None:
        """Observe a few times a second, in a thread of this process; call it after any fork."""
        if self._flusher is None:
            self._flusher = threading.Thread(target=self._flush_for_ever, name="recorder", daemon=True)
            self._flusher.start()

    def scored(self, seconds: float, minutes: float, known: bool, miles: float) -> None:
        """One ride was scored: how long it took, the duration, whether its route is known, its distance."""
        self._scored.append((seconds, minutes, known, miles))

    def scored_many(
        self, seconds: float, minutes: Sequence[float] | FloatArray, unknown_routes: int, suspect: int, failed: int
    ) -> None:
        """A batch was scored: how long it took, the durations, and how many rides were of which kind."""
        self._batches.append((seconds, minutes, unknown_routes, suspect, failed))
        if len(self._batches) > _MOST_BATCHES_UNOBSERVED:
            self.flush()

    def refused(self, rides: int = 1) -> None:
        """Rides were answered without a duration: they break a rule, or the model failed on them."""
        if rides:
            self.metrics.rides.labels(_DOOR, "refused").inc(rides)

    def request(
        self,
        route: str,
        method: str,
        status: int,
        seconds: float,
        request_id: str,
        prediction: Prediction | None = None,
        ride: Any = None,
    ) -> None:
        """A request was answered; logged where the second has lines left, and always where it is our fault.

        Args:
            route: from our own list, never what was asked for.
            method: likewise: ours, or `other`.
            status: of the answer.
            seconds: from the body's arrival to the answer.
            request_id: as in `X-Request-ID`.
            prediction: of a single ride.
            ride: that ride; a share of the lines holds it.
        """
        self._requests.append((route, status, seconds))
        if len(self._requests) > _MOST_UNOBSERVED:  # no thread was started, or it cannot keep up
            self.flush()
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._lines = second, 0
        self._lines += 1
        if self._lines > self._lines_a_second and status < 500:
            self._skipped += 1
            return
        context: dict[str, Any] = {
            "request_id": request_id,
            "method": method,
            "route": route,
            "status": status,
            "seconds": round(seconds, 6),
        }
        if self._skipped:
            context["skipped"], self._skipped = self._skipped, 0
        if prediction is not None:
            context["ride_id"] = prediction.ride_id
            context["model_version"] = prediction.model_version
            context["duration"] = prediction.duration
            if self._every_ride and next(self._logged_rides) % self._every_ride < 1:
                context["ride"] = ride
        if log.isEnabledFor(logging.INFO):
            self._lines_to_write.append(
                log.makeRecord(log.name, logging.INFO, __file__, 0, "request", (), None, extra=context)
            )

    def flush(self) -> None:
        """Turn what requests left behind into observations and lines of the log."""
        with self._flushing:
            for _ in range(len(self._lines_to_write)):
                log.handle(self._lines_to_write.popleft())
            self._flush_requests()
            self._flush_scored()
            self._flush_batches()
            self.metrics.requests_in_flight.set(self._in_flight.count)

    def _flush_requests(self) -> None:
        seconds_by_label: dict[tuple[str, int], list[float]] = defaultdict(list)
        for _ in range(len(self._requests)):
            route, status, seconds = self._requests.popleft()
            seconds_by_label[route, status].append(seconds)
        for (route, status), all_seconds in seconds_by_label.items():
            observe_all(self.metrics.request_seconds.labels(route, str(status)), all_seconds)

    def _flush_scored(self) -> None:
        rows = [self._scored.popleft() for _ in range(len(self._scored))]
        if not rows:
            return
        seconds, minutes, known, miles = zip(*rows, strict=True)
        observe_all(self._score_seconds, seconds)
        observe_all(self._batch_rides, np.ones(len(rows)))
        observe_all(self._predicted_minutes, minutes)
        suspect = int(np.count_nonzero(np.asarray(miles) > SUSPECT_DISTANCE_MILES))
        self._count(scored=len(rows), unknown=known.count(False), suspect=suspect)

    def _flush_batches(self) -> None:
        rows = [self._batches.popleft() for _ in range(len(self._batches))]
        if not rows:
            return
        seconds, minutes, unknown, suspect, failed = zip(*rows, strict=True)
        scored = np.concatenate(minutes)
        observe_all(self._score_seconds, seconds)
        observe_all(self._batch_rides, [len(some) + bad for some, bad in zip(minutes, failed, strict=True)])
        observe_all(self._predicted_minutes, scored)
        self._count(scored=len(scored), unknown=sum(unknown), suspect=sum(suspect))
        self.refused(sum(failed))

    def _count(self, *, scored: int, unknown: int, suspect: int) -> None:
        metrics = self.metrics
        if scored:
            self._rides_scored.inc(scored)
        if unknown:
            metrics.unknown_routes.labels(_DOOR).inc(unknown)
        if suspect:
            metrics.suspect_rides.labels("distance").inc(suspect)

    # Found by their labels once: looking them up costs more than an observation.

    @cached_property
    def _score_seconds(self) -> Histogram:
        return self.metrics.score_seconds.labels(_DOOR)

    @cached_property
    def _batch_rides(self) -> Histogram:
        return self.metrics.batch_rides.labels(_DOOR)

    @cached_property
    def _predicted_minutes(self) -> Histogram:
        return self.metrics.predicted_minutes.labels(_DOOR)

    @cached_property
    def _rides_scored(self) -> Counter:
        return self.metrics.rides.labels(_DOOR, "scored")

    def _flush_for_ever(self) -> None:
        pause_seconds = FLUSH_SECONDS
        while True:
            time.sleep(pause_seconds)
            pause_seconds = next_pause_seconds(pause_seconds, len(self._requests))
            try:
                self.flush()
            except Exception:  # such as a full disk under shared metrics: the next may succeed
                log.exception("requests could not be counted")


def next_pause_seconds(before: float, requests: int) -> float:
    """How long to wait before the next are counted, after so long a pause left so many: fewer at a time under load.

    What took milliseconds at once was most of the p99 of single rides, which wait for Python's lock meanwhile.
    """
    return max(_SHORTEST_SECONDS, min(FLUSH_SECONDS, before * _AT_A_TIME / max(1, requests)))
