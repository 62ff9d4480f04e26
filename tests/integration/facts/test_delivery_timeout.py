"""Fact: a record whose delivery times out inside a transaction leaves the transaction committable.

Its future fails and nothing else: the group's offsets can be sent, and the commit takes them without the record. A
worker that did not look at every future would lose a ride in silence. So each is proved before offsets are sent.
"""

from collections.abc import Callable, Sequence
from typing import Any

import kafka.errors as theirs
import pytest
from kafka import ConsumerGroupMetadata, OffsetAndMetadata, TopicPartition

from local_services import KafkaProcess
from scoring.errors import TransactionLost
from worker.clients.client import Membership, Outgoing, Partition
from worker.clients.kafka_python.producer import KafkaPythonProducer
from worker.transaction import commit_transaction

NEWER = "kafka-python has changed: perhaps the futures of a transaction need not be proved one by one any more"
OPTIONS = {"delivery_timeout_ms": 3_000, "request_timeout_ms": 2_000, "transaction_timeout_ms": 600_000}


def test_kafka_python_commits_offsets_without_the_record(
    broker: KafkaProcess,
    topic: str,
    bare_producer: Callable[..., Any],
    group_offset: Callable[[str, str, int], int | None],
    values: Callable[[str, int], list[bytes]],
) -> None:
    producer = bare_producer(topic, **OPTIONS)
    producer.begin_transaction()
    for number in (0, 1):
        producer.send(topic, b"first", partition=number).get(30)
    broker.kill()
    lost = producer.send(topic, b"lost", partition=1)
    with pytest.raises(theirs.KafkaTimeoutError):
        lost.get(60)
    broker.start()
    producer.send_offsets_to_transaction(
        {TopicPartition(topic, 0): OffsetAndMetadata(5)}, ConsumerGroupMetadata(topic, -1, "", None)
    )
    producer.commit_transaction()
    assert group_offset(topic, topic, 0) == 5, NEWER
    assert values(topic, 1) == [b"first"], NEWER


def test_our_producer_loses_the_transaction_instead(
    broker: KafkaProcess,
    servers: str,
    topic: str,
    group_offset: Callable[[str, str, int], int | None],
    values: Callable[[str, int], list[bytes]],
) -> None:
    options = {**OPTIONS, "bootstrap_servers": servers, "transactional_id": topic}
    producer = KafkaPythonProducer(servers, options, flush_seconds=10)
    records = [Outgoing(topic, number, None, b"first", [], None) for number in (0, 1)]

    class Breaking:
        """The broker is killed once the partitions are part of the transaction."""

        begin, flush, send_offsets, commit = producer.begin, producer.flush, producer.send_offsets, producer.commit
        close = producer.close

        def send_all(self, records: Sequence[Outgoing]) -> None:
            for record in records:
                if record.value == b"lost":
                    for future in producer._futures:
                        future.get(30)
                    broker.kill()
                producer.send(record)

    lost = records[1]._replace(value=b"lost")
    with pytest.raises(TransactionLost):
        commit_transaction(Breaking(), [*records, lost], {Partition(topic, 0): 5}, Membership(topic, 1, "member"))
    producer.close(1)
    broker.start()
    successor = KafkaPythonProducer(servers, options, flush_seconds=10)
    successor.close(1)
    assert group_offset(topic, topic, 0) is None
    assert values(topic, 1) == []
