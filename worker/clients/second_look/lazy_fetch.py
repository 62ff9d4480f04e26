"""Raw fetching for a client that has no kafka-python consumer: one is connected when it is first needed."""

import contextlib
from typing import Any, Final

import kafka.errors as theirs
from kafka import KafkaConsumer

from worker.clients.client import Partition
from worker.clients.kafka_python.errors import reaching
from worker.clients.second_look.raw_fetch import Fetched, RawFetch

_CLOSE_MS: Final = 2_000


class LazyFetch:
    """See :class:`worker.clients.second_look.raw_fetch.RawFetch`.

    Args:
        servers: for messages.
        options: kafka-python's, without a group.
    """

    def __init__(self, servers: str, options: dict[str, Any]) -> None:
        self._servers = servers
        self._options = options
        self._consumer: Any = None

    def __call__(self, partition: Partition, offset: int, max_bytes: int) -> Fetched:
        """Fetch; BrokerUnavailable where no broker answers."""
        if self._consumer is None:
            with reaching(self._servers, "connect"):
                self._consumer = KafkaConsumer(**self._options)
        return RawFetch(self._consumer)(partition, offset, max_bytes)

    def close(self) -> None:
        """Close what was connected, if anything was."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            with contextlib.suppress(theirs.KafkaError):
                consumer.close(autocommit=False, timeout_ms=_CLOSE_MS)
