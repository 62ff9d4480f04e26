"""The plain producer on confluent-kafka: idempotent, acknowledged by all replicas, without transactions."""

from typing import Any

from worker.clients.client import Outgoing
from worker.clients.confluent.errors import Complaints, reaching, unreached
from worker.clients.confluent.sender import Sender
from worker.clients.confluent.topic_limits import TopicLimits

_UNSENT_RECORDS = 20_000  # what is kept to prove that a broker has it
_WRITE_SECONDS = 120.0
_CLOSE_SECONDS = 5.0


class ConfluentWriter:
    """A plain producer.

    Args:
        servers: for messages.
        options: librdkafka's.
        limits: of topics.
    """

    def __init__(self, servers: str, options: dict[str, Any], limits: TopicLimits) -> None:
        self._servers = servers
        with reaching(servers, "connect", Complaints()):
            self._sender = Sender(options, limits, _WRITE_SECONDS)

    def write(self, record: Outgoing) -> None:
        """Add a record; blocks where too many are on their way."""
        with reaching(self._servers, f"write to {record.topic}", self._sender.complaints):
            self._sender.send(record)
        if self._sender.waiting >= _UNSENT_RECORDS:
            self.flush()

    def flush(self) -> None:
        """Wait until a broker has every record; BrokerUnavailable where one was not taken."""
        with reaching(self._servers, "write", self._sender.complaints):
            failed = dict(self._sender.flush())
        self._sender.restart()
        for error in failed.values():
            raise unreached(error, self._servers, "write", self._sender.complaints)

    def close(self) -> None:
        """Close without waiting for more than what is on its way."""
        self._sender.close(_CLOSE_SECONDS)
