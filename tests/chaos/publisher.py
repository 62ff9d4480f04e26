"""Publishes rides before and after a fault: idempotent, in order, each acknowledged at the offset it must have.

On confluent-kafka, since kafka-python sends neither a null header value nor a record without key and value; but header
names that are no text on kafka-python, since confluent-kafka sends none.
"""

import threading
from collections import Counter
from collections.abc import Iterable
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError

from tests.chaos.expected import Expected, Source
from tests.raw_names import RawName

_FLUSH_SECONDS = 120.0


class PublishError(Exception):
    """The rides of a run could not be published, so that there is nothing to judge."""


class Publisher:
    """Publishes to one topic, partition after partition in turn; one thread at a time.

    Attributes:
        published: every ride so far by where it stands.
    """

    def __init__(self, servers: str, topic: str, partitions: int) -> None:
        from confluent_kafka import Producer

        self._servers = servers
        self._raw: Any = None
        self._topic = topic
        self._partitions = partitions
        self._next: Counter[int] = Counter()
        self._misplaced: list[str] = []
        self._lock = threading.Lock()
        self._producer = Producer(
            {
                "bootstrap.servers": servers,
                "enable.idempotence": True,
                "linger.ms": 20,
                "queue.buffering.max.messages": 2_000_000,
                "message.max.bytes": 2_000_000,
                "log_level": 0,
            }
        )
        self.published: dict[Source, Expected] = {}

    def publish(self, rides: Iterable[Expected]) -> None:
        """Publish and wait until the broker has all of them; raises PublishError where it has not."""
        with self._lock:
            for number, ride in enumerate(rides, start=len(self.published)):
                partition = number % self._partitions
                source = Source(self._topic, partition, self._next[partition])
                self._next[partition] += 1
                self.published[source] = ride
                if any(not name.isprintable() for name, _value in ride.headers):
                    self._send_raw(ride, source)
                    continue
                self._producer.produce(
                    self._topic,
                    value=ride.value,
                    key=ride.key,
                    partition=partition,
                    headers=list(ride.headers),
                    timestamp=ride.timestamp,
                    on_delivery=self._check(source),
                )
                if number % 1_000 == 0:
                    self._producer.poll(0)
            left = self._producer.flush(_FLUSH_SECONDS)
            if left or self._misplaced:
                raise PublishError(f"{left} rides were not acknowledged; {'; '.join(self._misplaced[:3])}")

    def _send_raw(self, ride: Expected, source: Source) -> None:
        """Send one record after all before it, and wait for it."""
        self._producer.flush(_FLUSH_SECONDS)
        if self._raw is None:
            self._raw = KafkaProducer(bootstrap_servers=self._servers.split(","), acks="all")
        headers = [(RawName(name), value or b"") for name, value in ride.headers]
        sent = self._raw.send(self._topic, ride.value, ride.key, headers, source.partition, ride.timestamp)
        try:
            placed = sent.get(_FLUSH_SECONDS)
        except KafkaError as error:
            self._misplaced.append(f"{source}: {error}")
            return
        if placed.offset != source.offset:
            self._misplaced.append(f"{source}: stands at {placed.partition}-{placed.offset}")

    def _check(self, source: Source) -> Any:
        def delivered(error: Any, message: Any) -> None:
            if error is not None or (message.partition(), message.offset()) != (source.partition, source.offset):
                self._misplaced.append(f"{source}: {error or f'stands at {message.partition()}-{message.offset()}'}")

        return delivered
