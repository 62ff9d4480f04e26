"""Reading a topic without a group on kafka-python: committed records only, from the beginning or from now."""

from typing import Any

from kafka import KafkaConsumer, TopicPartition

from scoring.errors import BrokerError
from worker.clients.client import Record
from worker.clients.kafka_python.errors import reaching


class KafkaPythonReader:
    """Reads every partition of a topic.

    Raises:
        BrokerUnavailable: no broker answered.
        BrokerError: there is no such topic.
    """

    def __init__(self, topic: str, servers: str, options: dict[str, Any], *, from_beginning: bool) -> None:
        self._servers = servers
        with reaching(servers, "connect"):
            self._consumer = KafkaConsumer(**options)
            partitions = self._consumer.partitions_for_topic(topic)
        if not partitions:
            self.close()
            raise BrokerError(f"there is no topic {topic} at {servers}; make it: ridescore topics create")
        with reaching(servers, f"read {topic}"):
            self._partitions = [TopicPartition(topic, number) for number in sorted(partitions)]
            self._consumer.assign(self._partitions)
            self._ends = self._consumer.end_offsets(self._partitions)
            if from_beginning:
                self._consumer.seek_to_beginning(*self._partitions)
            else:
                for partition, end in self._ends.items():
                    self._consumer.seek(partition, end)

    def read(self, timeout_seconds: float) -> list[Record]:
        """Some more records, in offset order within a partition; empty after the timeout."""
        with reaching(self._servers, "read"):
            polled = self._consumer.poll(timeout_ms=int(timeout_seconds * 1000))
        return [record for part in polled.values() for record in part]

    def at_end(self) -> bool:
        """Whether everything that was there when it was opened has been read."""
        with reaching(self._servers, "read"):
            return all((self._consumer.position(each) or 0) >= end for each, end in self._ends.items())

    def close(self) -> None:
        """Close it."""
        self._consumer.close(autocommit=False, timeout_ms=2_000)
