"""Fact: after an error that kafka-python mends by raising its epoch, commit reports a success that never was.

The broker aborts the transaction when it raises the epoch (out of order sequence, unknown producer id). kafka-python
clears its own view of the transaction then, finds nothing to commit, and returns. So every future is proved before the
commit, and after any error the producer is closed.
"""

from collections.abc import Callable
from typing import Any

import kafka.errors as theirs
import pytest
from kafka import ConsumerGroupMetadata, OffsetAndMetadata, TopicPartition

from scoring.errors import TransactionLost
from worker.clients.client import Membership, Outgoing, Partition
from worker.clients.kafka_python.producer import KafkaPythonProducer
from worker.transaction import commit_transaction

NEWER = "kafka-python has changed: a commit after an epoch bump now tells that it failed, or commits"


def test_kafka_python_reports_a_commit_of_nothing(
    topic: str,
    bare_producer: Callable[..., Any],
    group_offset: Callable[[str, str, int], int | None],
    values: Callable[[str, int], list[bytes]],
) -> None:
    producer = bare_producer(topic, linger_ms=10_000, delivery_timeout_ms=60_000)  # so that commit sends the record
    producer.begin_transaction()
    producer.send(topic, b"one", partition=0)
    producer.commit_transaction()
    producer.begin_transaction()
    lose_count(producer, topic)
    lost = producer.send(topic, b"two", partition=0)
    producer.send_offsets_to_transaction(
        {TopicPartition(topic, 0): OffsetAndMetadata(5)}, ConsumerGroupMetadata(topic, -1, "", None)
    )
    producer.commit_transaction()  # and does not raise
    assert isinstance(lost.exception, theirs.OutOfOrderSequenceNumberError)
    assert group_offset(topic, topic, 0) is None, NEWER
    assert values(topic, 0) == [b"one"], NEWER


def test_our_producer_tells_that_it_is_lost(
    servers: str,
    topic: str,
    group_offset: Callable[[str, str, int], int | None],
    values: Callable[[str, int], list[bytes]],
) -> None:
    options = {"bootstrap_servers": servers, "transactional_id": topic}
    membership = Membership(topic, 1, "member")
    producer = KafkaPythonProducer(servers, options, flush_seconds=30)
    record = Outgoing(topic, 0, None, b"one", [], None)
    producer.begin()
    producer.send(record)
    producer.flush()
    producer.commit()
    lose_count(producer._producer, topic)
    with pytest.raises(TransactionLost, match="OutOfOrderSequence"):
        commit_transaction(producer, [record], {Partition(topic, 0): 5}, membership)
    producer.close(1)
    assert group_offset(topic, topic, 0) is None
    assert values(topic, 0) == [b"one"]


def lose_count(producer: Any, topic: str) -> None:
    """The broker then has another sequence number than the producer, as after a loss on the broker."""
    producer._transaction_manager._sequence_numbers[TopicPartition(topic, 0)] += 7
