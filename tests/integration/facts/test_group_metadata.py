"""Fact: a consumer's group metadata is live, and what it becomes after a lost session fences nobody.

A member that stalls past `max_poll_interval_ms` leaves its group; its metadata then says generation -1 and no member,
which brokers take for a commit by hand, whoever owns the partition by then. A zombie would take its successor's offsets
back. So the membership is copied beside the poll that gave the records, and one that names no member is refused.
"""

import time
from collections.abc import Callable
from typing import Any

import pytest
from kafka import OffsetAndMetadata, TopicPartition

from scoring.errors import TransactionLost
from scoring.settings.kafka_settings import KafkaSettings
from scoring.settings.worker_settings import WorkerSettings
from worker.batch import Batch
from worker.clients.client import Membership, Outgoing, Partition, all_records
from worker.clients.kafka_python.client import KafkaPythonClient
from worker.transaction import commit_transaction

NEWER = "kafka-python or the broker has changed: a zombie's offsets are refused now"
STALL_MS = 6_000
WAIT_SECONDS = 60.0


def test_a_zombie_on_kafka_python_takes_its_successors_offsets_back(
    topic: str,
    bare_producer: Callable[..., Any],
    bare_consumer: Callable[..., Any],
    group_offset: Callable[[str, str, int], int | None],
) -> None:
    publish(bare_producer, topic)
    zombie = bare_consumer(topic, auto_offset_reset="earliest", max_poll_interval_ms=STALL_MS, session_timeout_ms=6_000)
    zombie.subscribe([topic])
    zombie.partitions_for_topic(topic)  # or it may join without them: ADR 0008
    wait_for(lambda: zombie.poll(200))
    wait_for(lambda: zombie.group_metadata().generation_id == -1)  # it stalls: its heartbeats leave the group for it
    successor = bare_consumer(topic, auto_offset_reset="earliest", session_timeout_ms=6_000)
    successor.subscribe([topic])
    successor.partitions_for_topic(topic)
    wait_for(lambda: successor.poll(200))
    commit(bare_producer(f"{topic}-successor"), topic, 4, successor.group_metadata())
    assert group_offset(topic, topic, 0) == 4
    commit(bare_producer(f"{topic}-zombie"), topic, 1, zombie.group_metadata())
    assert group_offset(topic, topic, 0) == 1, NEWER


def test_our_zombie_is_refused(
    topic: str,
    bare_producer: Callable[..., Any],
    group_offset: Callable[[str, str, int], int | None],
    settings: tuple[KafkaSettings, WorkerSettings],
) -> None:
    publish(bare_producer, topic)
    kafka, worker = settings
    stalling = worker.model_copy(update={"max_poll_interval_seconds": STALL_MS / 1000, "session_timeout_seconds": 6.0})
    zombie, successor = KafkaPythonClient(kafka, stalling).consumer(), None
    try:
        batch = polled(zombie)
        wait_for(lambda: zombie._consumer.group_metadata().generation_id == -1)
        successor = KafkaPythonClient(kafka, worker).consumer()
        taken = polled(successor)
        client = KafkaPythonClient(kafka, worker)
        commit_ours(client, f"{topic}-successor", topic, 4, taken.membership)
        with pytest.raises(TransactionLost, match="send offsets"):  # the broker fences a generation that is over
            commit_ours(client, f"{topic}-zombie", topic, 1, batch.membership)
        with pytest.raises(TransactionLost, match="had left the group"):  # and what names no member is not sent at all
            commit_ours(client, f"{topic}-zombie", topic, 1, Membership(topic, -1, ""))
    finally:
        for each in filter(None, (zombie, successor)):
            each.close(2)
    assert group_offset(topic, topic, 0) == 4


def publish(bare_producer: Callable[..., Any], topic: str) -> None:
    producer = bare_producer(f"{topic}-publisher")
    producer.begin_transaction()
    for number in range(5):
        producer.send(topic, str(number).encode(), partition=0)
    producer.commit_transaction()


def commit(producer: Any, topic: str, offset: int, metadata: Any) -> None:
    producer.begin_transaction()
    producer.send_offsets_to_transaction({TopicPartition(topic, 0): OffsetAndMetadata(offset)}, metadata)
    producer.commit_transaction()


def commit_ours(client: KafkaPythonClient, slot: str, topic: str, offset: int, membership: Membership) -> None:
    producer = client.producer(slot)
    record = Outgoing(topic, 1, None, b"a prediction", [], None)
    try:
        commit_transaction(producer, [record], {Partition(topic, 0): offset}, membership)
    finally:
        producer.close(1)


def polled(consumer: Any) -> Batch:
    found: list[Batch] = []

    def poll() -> bool:
        one = consumer.poll(0.2, 10)
        found.append(Batch(list(all_records(one)), one.membership))
        return bool(found[-1].records)

    wait_for(poll)
    return found[-1]


def wait_for(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
