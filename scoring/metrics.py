"""Every metric of every door, named once. Label values come from our own lists only, so that their number is bounded.

Multiprocess-safe as prometheus-client is: with PROMETHEUS_MULTIPROC_DIR set, processes share their counts there.
"""

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from scoring.buckets import MINUTES, count_between
from scoring.rides.columns import FloatArray

Door = Literal["stream", "file", "http"]
Outcome = Literal["scored", "dead-letter", "quarantined", "refused"]

_SCORE_SECONDS: Final = (1e-5, 1e-4, 5e-4, 1e-3, 5e-3, 1e-2, 5e-2, 0.1, 0.5, 1.0, 5.0)
_BATCH_RIDES: Final = (1, 10, 100, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 100_000)
_REQUEST_SECONDS: Final = (
    1e-4,
    2.5e-4,
    5e-4,
    1e-3,
    2.5e-3,
    5e-3,
    1e-2,
    2.5e-2,
    5e-2,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
)
_AGE_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600)


class Metrics:
    """The metrics of one process.

    Args:
        registry: where they are registered; each process and each test has its own.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.rides = Counter(
            "ridescore_rides_total",
            "Rides that a door has answered, by outcome.",
            ["door", "outcome"],
            registry=registry,
        )
        self.score_seconds = Histogram(
            "ridescore_score_seconds",
            "Time to decode and score one batch or request.",
            ["door"],
            buckets=_SCORE_SECONDS,
            registry=registry,
        )
        self.batch_rides = Histogram(
            "ridescore_batch_rides", "Rides in one batch or request.", ["door"], buckets=_BATCH_RIDES, registry=registry
        )
        self.predicted_minutes = Histogram(
            "ridescore_predicted_minutes", "Predicted durations.", ["door"], buckets=MINUTES, registry=registry
        )
        self.unknown_routes = Counter(
            "ridescore_unknown_routes_total",
            "Rides with a location that the model has not seen.",
            ["door"],
            registry=registry,
        )
        self.suspect_rides = Counter(
            "ridescore_suspect_rides_total",
            "Rides that were scored though their values are hard to believe.",
            ["reason"],
            registry=registry,
        )
        self.request_seconds = Histogram(
            "ridescore_request_seconds",
            "Time from a request's arrival to its answer.",
            ["route", "status"],
            buckets=_REQUEST_SECONDS,
            registry=registry,
        )
        self.requests_in_flight = Gauge(
            "ridescore_requests_in_flight",
            "Requests that wait for their answer.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self.lag_records = Gauge(
            "ridescore_lag_records",
            "Records of a partition not yet committed by this worker.",
            ["topic", "partition"],
            multiprocess_mode="livesum",
            registry=registry,
        )
        self.event_age_seconds = Histogram(
            "ridescore_event_age_seconds",
            "Age of the oldest ride event of a batch when its predictions were committed.",
            buckets=_AGE_SECONDS,
            registry=registry,
        )
        self.transactions = Counter(
            "ridescore_transactions_total", "Transactions, by result.", ["result"], registry=registry
        )
        self.dead_letters = Counter(
            "ridescore_dead_letters_total", "Rides that could not be scored, by reason.", ["reason"], registry=registry
        )
        self.unreadable_records = Counter(
            "ridescore_unreadable_records_total",
            "Records that the Kafka client could not parse; each became a dead letter.",
            registry=registry,
        )
        self.rebalances = Counter(
            "ridescore_rebalances_total", "Times that this worker was given other partitions.", registry=registry
        )
        self.model_info = Gauge(
            "ridescore_model_info",
            "1 for the model version that scores.",
            ["version"],
            multiprocess_mode="livemax",
            registry=registry,
        )
        self.model_swaps = Counter(
            "ridescore_model_swaps_total",
            "Changes of the model version that scores, by result.",
            ["result"],
            registry=registry,
        )
        self.redis_errors = Counter(
            "ridescore_redis_errors_total", "Calls to Redis that failed or took too long.", registry=registry
        )


def observe_all(histogram: Histogram, values: Sequence[float] | FloatArray) -> None:
    """Observe many values at once; the same counts as `histogram.observe` of each, at a fraction of its cost.

    Reaches into prometheus-client, which offers no such call; a test holds the two equal.
    """
    if len(values):
        array = np.asarray(values)
        add_counts(histogram, count_between(np.asarray(histogram._upper_bounds), array), float(array.sum()))


def add_counts(histogram: Histogram, counts: Sequence[int], total: float) -> None:
    """Add what was counted elsewhere, as in another process: a count a bucket, and the sum of the values."""
    for bucket, count in zip(histogram._buckets, counts, strict=True):
        if count:
            bucket.inc(count)
    histogram._sum.inc(total)
