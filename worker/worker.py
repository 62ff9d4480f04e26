"""The worker's loop: gather, score, commit in one transaction; after any loss, back to what the group has committed.

A producer that has failed is closed and never used again: kafka-python may report a commit that did not happen, and
carries offsets of a failed transaction into the next one.
"""

import gc
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from scoring.errors import BrokerError, BrokerUnavailable, RecordsTooLarge, SettingsError, TransactionLost
from scoring.metrics import Metrics
from scoring.scorer_source import ScorerSource
from scoring.settings.worker_settings import WorkerSettings
from worker.batch import Batch, BatchLimits, gather
from worker.clients.client import Client, Consumer, Producer, Record, record_bytes
from worker.dead_letter_limit import DeadLetterLimit
from worker.report import BatchReport
from worker.scored_batch import ScoredBatch, score_batch
from worker.state import WorkerState
from worker.transaction import commit_transaction
from worker.watchdog import Watchdog

log = logging.getLogger(__name__)

_IDLE_SECONDS = 0.5
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 10.0
_GRACE_SECONDS = 15.0
_COLLECT_SECONDS = 10.0
_SIZE_MARGIN_BYTES = 64  # lengths are encoded in as many bytes as they need, so sizes are known to some bytes only


@dataclass(slots=True)
class Totals:
    """What a worker has committed; busy_seconds runs from a batch's last poll to its commit."""

    predictions: int = 0
    dead_letters: int = 0
    busy_seconds: float = 0.0


class Worker:
    """Scores one slot's share of the input topic until it is told to stop.

    Args:
        client: of the broker.
        scorers: gives the version in force, asked once for each batch.
        settings: topics, limits and timeouts.
        transactional_id: this slot's.
        metrics: counted as batches are committed.
        state: for the probes.
        watchdog: ends the process when a phase hangs.
    """

    def __init__(
        self,
        client: Client,
        scorers: ScorerSource,
        settings: WorkerSettings,
        transactional_id: str,
        metrics: Metrics,
        state: WorkerState,
        watchdog: Watchdog,
    ) -> None:
        self._client = client
        self._scorers = scorers
        self._settings = settings
        self._transactional_id = transactional_id
        self._state = state
        self._report = BatchReport(metrics)
        self._limits = BatchLimits(settings.batch_rides, settings.batch_bytes, settings.batch_seconds)
        self._limit = DeadLetterLimit(settings.dead_letter_limit, settings.dead_letter_window_rides)
        self._watchdog = watchdog
        self._stop = threading.Event()
        self._producer: Producer | None = None
        self._rewinding = False
        self._collected = time.monotonic()
        self._too_large: set[tuple[str, int, int]] = set()
        self.totals = Totals()

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Finish the batch in flight, then return from :meth:`run`. Safe in a signal handler."""
        self._state.stopping = True
        self._watchdog.end_within(self._settings.shutdown_seconds)
        self._stop.set()

    def run(self, on_batch: Callable[[Totals], None] = lambda _totals: None) -> None:
        """Score until :meth:`stop`.

        Args:
            on_batch: called after each commit.

        Raises:
            SettingsError: a topic is missing or has too few partitions.
            Fenced: another worker has taken this slot.
            DeadLetterLimitExceeded: too many of the latest rides cannot be scored.
            BrokerError: the broker refuses this worker, or a dead letter cannot be written.
        """
        refuse_unfit_topics(self._client, self._settings)
        self._state.model_version = self._scorers.current().model_version
        self._watchdog.reached("connect")
        consumer = self._client.consumer(self._transactional_id if self._settings.static_membership else "")
        try:
            self._loop(consumer, on_batch)
        finally:
            consumer.close(self._settings.shutdown_seconds / 2)

    def _loop(self, consumer: Consumer, on_batch: Callable[[Totals], None]) -> None:
        pause_seconds = _FIRST_PAUSE_SECONDS
        try:
            while not self._stop.is_set():
                self._state.moved()
                done = False
                try:
                    done = self._one_batch(consumer)
                except RecordsTooLarge as error:  # no pause: each try names some more of them, and then there are none
                    self._close_producer()
                    log.warning("a batch is read again", extra={"error": str(error)})
                except (TransactionLost, BrokerUnavailable) as error:
                    self._close_producer()
                    log.warning("a batch is read again", extra={"error": str(error), "seconds": pause_seconds})
                    self._stop.wait(pause_seconds)
                    pause_seconds = min(pause_seconds * 2, _LONGEST_PAUSE_SECONDS)
                else:
                    pause_seconds = _FIRST_PAUSE_SECONDS
                    if done:
                        on_batch(self.totals)
                if not done:
                    self._collect()
        finally:
            self._close_producer()

    def _collect(self) -> None:
        """Collect cycles now and then while no ride waits.

        kafka-python leaves the socket of every refused connection in one, and batches, which make none, are so seldom
        collected that an outage would use up the process's file descriptors.
        """
        now = time.monotonic()
        if now - self._collected >= _COLLECT_SECONDS:
            self._collected = now
            gc.collect()

    def _one_batch(self, consumer: Consumer) -> bool:
        """Read, score and commit one batch; False where there was nothing to read."""
        if self._producer is None:  # before the first poll: what a predecessor left open hides its offsets
            self._watchdog.reached("connect")
            self._producer = self._client.producer(self._transactional_id)
        if self._rewinding:  # only now is it certain what of the last transaction was committed
            self._watchdog.reached("connect")
            consumer.rewind()
            self._rewinding = False
        self._watchdog.reached("poll")
        batch = gather(consumer, self._limits, _IDLE_SECONDS, self._stop.is_set)
        self._state.partitions = len(consumer.assignment())
        if batch is None:
            self._watchdog.reached("idle")
            return False
        began = time.monotonic()
        self._watchdog.reached("score")
        known = self._known_too_large(batch)
        scored = score_batch(
            batch, self._scorers.current(), self._settings.output_topic, self._settings.dead_letter_topic, known
        )
        score_seconds = time.monotonic() - began
        self._limit.refuse(len(batch.records), scored.reasons.total())
        try:
            commit_transaction(
                self._producer, scored.outgoing, batch.next_offsets, batch.membership, self._watchdog.reached
            )
        except RecordsTooLarge as error:
            self._report.lost()
            self._remember_too_large(error, batch, scored)
            raise
        except (TransactionLost, BrokerUnavailable):
            self._report.lost()
            raise
        if self._too_large:
            self._too_large.difference_update(map(_source, batch.records))
        self._limit.committed(len(batch.records), scored.reasons.total())
        self.totals.busy_seconds += time.monotonic() - began
        self.totals.predictions += len(scored.predictions)
        self.totals.dead_letters += scored.reasons.total()
        self._report.committed(batch, scored, score_seconds, consumer.end_offsets(batch.next_offsets))
        return True

    def _known_too_large(self, batch: Batch) -> list[int]:
        if not self._too_large:
            return []
        return [place for place, record in enumerate(batch.records) if _source(record) in self._too_large]

    def _remember_too_large(self, error: RecordsTooLarge, batch: Batch, scored: ScoredBatch) -> None:
        for place in error.places:
            topic, partition, offset = source = _source(batch.records[place])
            if scored.outgoing[place].topic == self._settings.dead_letter_topic:
                raise BrokerError(
                    f"the dead letter of {topic}-{partition}-{offset} is larger than "
                    f"{self._settings.dead_letter_topic} takes; raise that topic's max.message.bytes and start the "
                    "worker again: nothing was skipped"
                ) from error
            self._too_large.add(source)
        # A try costs a transaction and names few: what is clearly larger than what was refused would be refused too.
        refused_bytes = min(record_bytes(scored.outgoing[place]) for place in error.places)
        for record, outgoing in zip(batch.records, scored.outgoing, strict=True):
            predicts = outgoing.topic == self._settings.output_topic
            if predicts and record_bytes(outgoing) > refused_bytes + _SIZE_MARGIN_BYTES:
                self._too_large.add(_source(record))

    def _close_producer(self) -> None:
        producer, self._producer = self._producer, None
        self._rewinding = True
        if producer is not None:
            self._watchdog.reached("close")
            producer.close(self._settings.shutdown_seconds / 4)
            self._watchdog.reached("idle")


def _source(record: Record) -> tuple[str, int, int]:
    return record.topic, record.partition, record.offset


def phase_bounds(settings: WorkerSettings) -> dict[str, float]:
    """How long each phase of a batch may take, in seconds: what the client itself bounds, and some more."""
    delivery = settings.delivery_timeout_seconds + _GRACE_SECONDS
    transaction = settings.transaction_timeout_seconds + _GRACE_SECONDS  # after it the broker has aborted anyway
    waiting = dict.fromkeys(("send", "flush"), delivery) | dict.fromkeys(("begin", "offsets", "commit"), transaction)
    waiting |= {"connect": 2 * delivery, "close": settings.shutdown_seconds + _GRACE_SECONDS}
    return waiting | {"poll": settings.max_poll_interval_seconds, "score": settings.max_poll_interval_seconds}


def refuse_unfit_topics(client: Client, settings: WorkerSettings) -> None:
    """Check before any ride is read that every prediction and dead letter has somewhere to go.

    Raises:
        SettingsError: a topic is missing, or predictions have fewer partitions than rides.
    """
    topics = (settings.input_topic, settings.output_topic, settings.dead_letter_topic)
    counts = client.partition_counts(topics)
    missing = [topic for topic in topics if topic not in counts]
    if missing:
        raise SettingsError(
            f"there is no topic {', '.join(missing)}; make it: ridescore topics create "
            "(where brokers have access rules: or grant this login DESCRIBE on it)"
        )
    rides, predictions = counts[settings.input_topic], counts[settings.output_topic]
    if predictions < rides:
        raise SettingsError(
            f"{settings.output_topic} has {predictions} partitions and {settings.input_topic} has {rides}; "
            f"a prediction keeps its ride's partition, so give {settings.output_topic} {rides} at least"
        )
