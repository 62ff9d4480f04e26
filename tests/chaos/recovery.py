"""How long after the end of a fault the first newly committed record comes, as a plain reader sees it."""

import contextlib
import threading
import time

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

_READY_SECONDS = 60.0


class Recovery:
    """Watches topics from now on, in a thread of its own.

    Attributes:
        seconds: from `since` to the first record; None while there is none.
    """

    def __init__(self, servers: str, topics: list[str], since: float) -> None:
        self.seconds: float | None = None
        self._servers = servers.split(",")
        self._topics = topics
        self._since = since
        self._ready = threading.Event()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="recovery", daemon=True)
        self._thread.start()
        self._ready.wait(_READY_SECONDS)

    def close(self) -> None:
        """Stop watching."""
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.is_set() and self.seconds is None:
            with contextlib.suppress(KafkaError):
                self._watch_once()

    def _watch_once(self) -> None:
        consumer = KafkaConsumer(
            bootstrap_servers=self._servers,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            group_id=None,
        )
        try:
            partitions = [
                TopicPartition(topic, number)
                for topic in self._topics
                for number in sorted(consumer.partitions_for_topic(topic) or ())
            ]
            consumer.assign(partitions)
            for partition, end in consumer.end_offsets(partitions).items():
                consumer.seek(partition, end)
            self._ready.set()
            while not self._done.is_set():
                if consumer.poll(timeout_ms=100):
                    self.seconds = time.monotonic() - self._since
                    return
        finally:
            consumer.close(autocommit=False)
