"""Sending records through librdkafka and proving that a broker has each: what both kinds of producer share.

Every record has its report, which librdkafka serves inside :meth:`Sender.flush`; it counts those that it still owes and
passes on the failures. So none owed and none failed means that a broker has every record (ADR 0010).
"""

import contextlib
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from worker.clients.client import Outgoing
from worker.clients.confluent.closing import end_within
from worker.clients.confluent.configuration import BATCH_BYTES
from worker.clients.confluent.errors import TOO_LARGE, Complaints, error_of
from worker.clients.confluent.topic_limits import TopicLimits, largest_bytes

_SLICE_SECONDS = 0.2


class Sender:
    """A librdkafka producer and what was given to it since :meth:`restart`.

    Args:
        options: librdkafka's.
        limits: of topics.
        seconds: how long a full queue and a flush are waited for.

    Attributes:
        producer: librdkafka's own.
        complaints: of its connections.

    Raises:
        KafkaException: an option is refused.
    """

    def __init__(self, options: dict[str, Any], limits: TopicLimits, seconds: float) -> None:
        self.complaints = Complaints()
        self.producer = Producer({**options, "error_cb": self.complaints})
        self._limits = limits
        self._seconds = seconds
        self._sent: list[Outgoing] = []
        self._failed: dict[int, KafkaError] = {}  # by place; reports fill it
        self._reports: list[partial[None]] = []
        self._topic = ""
        self._narrow = 0  # bytes of a batch of that topic, where they are fewer than librdkafka's own batches hold
        self._used: dict[str, int] = {}
        self._closed = False

    def restart(self) -> None:
        """Count places from 0 again."""
        self._sent.clear()
        self._failed.clear()
        self._used.clear()

    @property
    def waiting(self) -> int:
        """How many records were given to it."""
        return len(self._sent)

    def topics(self) -> list[str]:
        """Those of the records that were given to it."""
        return sorted({record.topic for record in self._sent})

    def send(self, record: Outgoing) -> None:
        """Give it one record, see :meth:`send_all`."""
        self.send_all((record,))

    def send_all(self, records: Sequence[Outgoing]) -> None:
        """Give it records. Those that fail at once, and all after one that has failed, are told by :meth:`flush`.

        Raises:
            KafkaException: the queue stayed full, or the producer takes no more.
        """
        first = len(self._sent)
        self._sent += records
        for place in range(len(self._reports), len(self._sent)):  # made once, and used again by every transaction
            self._reports.append(partial(_note, self._failed, place))
        produce, reports = self.producer.produce, self._reports
        for place, record in enumerate(records, first):
            topic, partition, key, value, headers, timestamp_ms = record
            if topic != self._topic:
                self._turn_to(topic)
            if self._narrow and not self._make_room(record):
                continue
            number = -1 if partition is None else partition
            try:
                produce(topic, value, key, number, reports[place], None, timestamp_ms or 0, headers or None)
            except BufferError:
                self._send_late(record, place)
            except KafkaException as error:
                self._refused(error, place)

    def flush(self) -> dict[int, KafkaError]:
        """Wait until each record is with a broker or has failed; the failures by place.

        Raises:
            KafkaException: the producer is fenced, or some were neither in time.
        """
        self._drain()
        return self._failed

    def _drain(self) -> None:
        ends = time.monotonic() + self._seconds
        left = self.producer.flush(_SLICE_SECONDS)
        while left and not self._failed:
            if time.monotonic() >= ends:
                raise KafkaException(KafkaError(KafkaError._MSG_TIMED_OUT, f"{left} records were not acknowledged"))
            left = self.producer.flush(_SLICE_SECONDS)

    def too_large(self) -> tuple[frozenset[int], frozenset[str]]:
        """Of those that failed as too large: the places of records that were so by themselves, and the topics of the
        others, whose batches were too large and will be smaller from now on.
        """
        failed = [place for place, error in self._failed.items() if error.code() in TOO_LARGE]
        alone = {place for place in failed if self._was_alone(place)}
        topics = frozenset(self._sent[place].topic for place in failed if place not in alone)
        for topic in topics:
            self._limits.doubt(topic)
        return frozenset(alone), topics

    def close(self, seconds: float) -> None:
        """Give up what is not sent and end its threads: librdkafka ends them once nothing refers to it any more."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(KafkaException, RuntimeError):
            self.producer.purge()
            self.producer.flush(0)
        only = [self.producer]
        del self.producer
        end_within(seconds, only.clear, "producer")

    def _was_alone(self, place: int) -> bool:
        size = largest_bytes(self._sent[place])
        return size > min(BATCH_BYTES, self._limits.batch_bytes(self._sent[place].topic))

    def _turn_to(self, topic: str) -> None:
        self._topic = topic
        most = self._limits.batch_bytes(topic)
        self._narrow = most + 1 if most < BATCH_BYTES else 0

    def _make_room(self, record: Outgoing) -> bool:
        """Have what is under way delivered where this record would not go into one batch with it."""
        used, size = self._used.get(record.topic, 0), largest_bytes(record)
        if used and used + size >= self._narrow:
            self._drain()
            self._used.clear()
            used = 0
        self._used[record.topic] = used + size
        return not self._failed

    def _send_late(self, record: Outgoing, place: int) -> None:
        """The queue is full: let it drain."""
        ends = time.monotonic() + self._seconds
        while not self._failed:
            self.producer.poll(_SLICE_SECONDS)
            topic, partition, key, value, headers, timestamp_ms = record
            number = -1 if partition is None else partition
            report = self._reports[place]
            try:
                self.producer.produce(topic, value, key, number, report, None, timestamp_ms or 0, headers or None)
            except BufferError:
                if time.monotonic() >= ends:
                    raise KafkaException(KafkaError(KafkaError._QUEUE_FULL, "the queue stayed full")) from None
            except KafkaException as error:
                self._refused(error, place)
                return
            else:
                return

    def _refused(self, exception: KafkaException, place: int) -> None:
        error = error_of(exception)
        if error.code() in TOO_LARGE:
            self._failed[place] = error
            return
        self.producer.poll(0)  # raises what made it refuse, or tells which record it was
        if not self._failed:
            raise exception


def _note(failed: dict[int, KafkaError], place: int, error: KafkaError | None, _message: Message) -> None:
    """No method, as the reports are kept and the sender's end must not wait for the garbage collector."""
    if error is not None:
        failed[place] = error
