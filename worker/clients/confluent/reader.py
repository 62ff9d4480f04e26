"""Reading a topic without a group on confluent-kafka: committed records only, from the beginning or from now."""

import time
from typing import Any

from confluent_kafka import Consumer, KafkaError, TopicPartition

from scoring.errors import BrokerError
from worker.clients.client import Record
from worker.clients.confluent.closing import end_within
from worker.clients.confluent.configuration import CONNECT_SECONDS
from worker.clients.confluent.errors import Complaints, reaching, unreached
from worker.clients.confluent.patience import first_answer
from worker.clients.confluent.records import is_passing, split

_MOST = 10_000
_CLOSE_SECONDS = 2.0


class ConfluentReader:
    """Reads every partition of a topic.

    Raises:
        BrokerUnavailable: no broker answered.
        BrokerError: there is no such topic.
    """

    def __init__(self, topic: str, servers: str, options: dict[str, Any], *, from_beginning: bool) -> None:
        self._topic = topic
        self._servers = servers
        self._complaints = Complaints()
        with reaching(servers, "connect", self._complaints):
            self._consumer = Consumer({**options, "error_cb": self._complaints})
        try:
            with reaching(servers, f"read {topic}", self._complaints):
                self._ends, starts = self._open(from_beginning=from_beginning)
                self._consumer.assign([TopicPartition(topic, number, offset) for number, offset in starts.items()])
        except BaseException:
            self.close()
            raise
        self._unread = {number for number, end in self._ends.items() if starts[number] < end}

    def _open(self, *, from_beginning: bool) -> tuple[dict[int, int], dict[int, int]]:
        """Where each partition ends, and where to begin."""
        listed = first_answer(
            lambda seconds: self._consumer.list_topics(self._topic, seconds),
            lambda: self._consumer.consume(1, 0),
            self._complaints,
        )
        found = listed.topics.get(self._topic)
        if found is None or not found.partitions:
            raise BrokerError(f"there is no topic {self._topic} at {self._servers}; make it: ridescore topics create")
        ends, starts = {}, {}
        for number in found.partitions:
            low, high = self._consumer.get_watermark_offsets(TopicPartition(self._topic, number), CONNECT_SECONDS)
            ends[number] = high
            starts[number] = low if from_beginning else high
        return ends, starts

    def read(self, timeout_seconds: float) -> list[Record]:
        """Some more records, in offset order within a partition; empty after the timeout."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            records = self._read(max(0.0, deadline - time.monotonic()))
            if records or time.monotonic() >= deadline:
                return records

    def _read(self, timeout_seconds: float) -> list[Record]:
        """What is here already, or whatever comes first; it may be the end of a partition and no record."""
        with reaching(self._servers, f"read {self._topic}", self._complaints):
            messages = self._consumer.consume(_MOST, 0) or self._consumer.consume(1, timeout_seconds)
        parts, errors, _headless = split(messages)
        for message in errors:
            error = message.error()
            if error is not None and error.code() == KafkaError._PARTITION_EOF:
                self._unread.discard(message.partition() or 0)
            elif error is not None and not is_passing(error):
                raise unreached(error, self._servers, f"read {self._topic}", self._complaints)
        records: list[Record] = []
        for (_topic, number), part in parts.items():
            records += part
            if part[-1].offset + 1 >= self._ends[number]:
                self._unread.discard(number)
        return records

    def at_end(self) -> bool:
        """Whether everything that was there when it was opened has been read."""
        return not self._unread

    def close(self) -> None:
        """Close it."""
        end_within(_CLOSE_SECONDS, self._consumer.close, "reader")
