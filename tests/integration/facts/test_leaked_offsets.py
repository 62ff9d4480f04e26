"""Fact: offsets that a failed transaction could not send are sent with the next one.

kafka-python keeps them until a broker has taken them, across an abort. The next transaction would move the group past
rides whose predictions were aborted. So a producer that has failed is closed and never used again.
"""

from collections.abc import Callable
from typing import Any

import pytest
from kafka import ConsumerGroupMetadata, OffsetAndMetadata, TopicPartition
from kafka.errors import KafkaError

from scoring.errors import TransactionLost
from worker.clients.client import Membership, Outgoing, Partition
from worker.clients.kafka_python.producer import KafkaPythonProducer

NEWER = "kafka-python has changed: an abort now forgets the offsets, so that a producer may perhaps be used again"


def test_kafka_python_commits_the_offsets_of_an_aborted_transaction(
    topic: str,
    bare_producer: Callable[..., Any],
    group_offset: Callable[[str, str, int], int | None],
    values: Callable[[str, int], list[bytes]],
) -> None:
    producer = bare_producer(topic)
    producer.begin_transaction()
    producer.send(topic, b"aborted", partition=0).get(30)
    with pytest.raises(KafkaError):  # the group has no such member: the broker refuses
        producer.send_offsets_to_transaction(
            {TopicPartition(topic, 0): OffsetAndMetadata(5)}, ConsumerGroupMetadata(topic, 7, "nobody", None)
        )
    producer.abort_transaction()
    producer.begin_transaction()
    producer.send_offsets_to_transaction(
        {TopicPartition(topic, 1): OffsetAndMetadata(3)}, ConsumerGroupMetadata(topic, -1, "", None)
    )
    producer.commit_transaction()
    assert values(topic, 0) == []
    assert group_offset(topic, topic, 1) == 3
    assert group_offset(topic, topic, 0) == 5, NEWER


def test_a_new_producer_sends_none_of_them(
    servers: str,
    topic: str,
    bare_producer: Callable[..., Any],
    group_offset: Callable[[str, str, int], int | None],
) -> None:
    """That the worker makes a new one after any error is held by tests/unit/worker/test_worker_recovery.py."""
    options = {"bootstrap_servers": servers, "transactional_id": topic}
    failed = KafkaPythonProducer(servers, options, flush_seconds=30)
    failed.begin()
    failed.send(Outgoing(topic, 0, None, b"aborted", [], None))
    failed.flush()
    with pytest.raises(TransactionLost):
        failed.send_offsets({Partition(topic, 0): 5}, Membership(topic, 7, "nobody"))
    failed.close(1)
    successor = KafkaPythonProducer(servers, options, flush_seconds=30)
    successor.begin()
    successor.send_offsets({Partition(topic, 1): 3}, Membership(topic, -1, ""))
    successor.commit()
    successor.close(1)
    assert group_offset(topic, topic, 1) == 3
    assert group_offset(topic, topic, 0) is None
