"""What the worker tells of each batch: metrics and one log line, after its commit and never before."""

import logging
import time
from collections.abc import Mapping

from scoring.metrics import Metrics, observe_all
from worker.batch import Batch
from worker.clients.client import Partition
from worker.dead_letter import REASON_HEADER, header
from worker.scored_batch import ScoredBatch

log = logging.getLogger(__name__)

_DOOR = "stream"


class BatchReport:
    """Counts batches into the process's metrics."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def committed(self, batch: Batch, scored: ScoredBatch, score_seconds: float, ends: Mapping[Partition, int]) -> None:
        """A batch is visible to readers."""
        metrics = self._metrics
        metrics.transactions.labels("committed").inc()
        metrics.rides.labels(_DOOR, "scored").inc(len(scored.predictions))
        metrics.score_seconds.labels(_DOOR).observe(score_seconds)
        metrics.batch_rides.labels(_DOOR).observe(len(batch.records))
        durations = [prediction.duration for prediction in scored.predictions]
        observe_all(metrics.predicted_minutes.labels(_DOOR), durations)
        known = sum([prediction.known_route for prediction in scored.predictions])
        metrics.unknown_routes.labels(_DOOR).inc(len(scored.predictions) - known)
        metrics.suspect_rides.labels("distance").inc(scored.suspect)
        for reason, count in scored.reasons.items():
            metrics.rides.labels(_DOOR, "dead-letter").inc(count)
            metrics.dead_letters.labels(reason.value).inc(count)
        metrics.unreadable_records.inc(len(batch.faults))
        for partition, next_offset in batch.next_offsets.items():
            if partition in ends:
                lag = max(0, ends[partition] - next_offset)
                metrics.lag_records.labels(partition.topic, str(partition.number)).set(lag)
        oldest = min([record.timestamp for record in batch.records])
        if oldest < 0:  # some have no time
            oldest = min((record.timestamp for record in batch.records if record.timestamp >= 0), default=-1)
        if oldest >= 0:
            metrics.event_age_seconds.observe(max(0.0, time.time() - oldest / 1000))
        log.debug("committed", extra={"rides": len(scored.predictions), "dead_letters": scored.reasons.total()})
        self._log_dead_letters(batch, scored)

    def lost(self) -> None:
        """A transaction did not commit."""
        self._metrics.transactions.labels("lost").inc()

    def _log_dead_letters(self, batch: Batch, scored: ScoredBatch) -> None:
        """The first of each batch; the topic has them all."""
        if not scored.reasons:
            return
        for record, outgoing in zip(batch.records, scored.outgoing, strict=True):
            reason = header(outgoing.headers, REASON_HEADER)
            if reason:
                log.warning(
                    "rides became dead letters; this is the first of the batch",
                    extra={
                        "topic": record.topic,
                        "partition": record.partition,
                        "offset": record.offset,
                        "reason": reason,
                        "dead_letters": scored.reasons.total(),
                    },
                )
                return
