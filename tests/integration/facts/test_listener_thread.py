"""Fact: kafka-python calls a rebalance listener on its I/O thread, and reads offsets that are not decided yet.

A listener that asks the broker anything there waits for the thread that it stands on. And without
`isolation_level='read_committed'` a new owner begins at offsets of before its predecessor's open transaction, and
scores its rides twice. So our listener only sets a flag, and our input consumer reads committed records alone.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from kafka import ConsumerGroupMetadata, ConsumerRebalanceListener, OffsetAndMetadata, TopicPartition

from scoring.settings.kafka_settings import KafkaSettings
from scoring.settings.worker_settings import WorkerSettings
from worker.clients.client import all_records
from worker.clients.kafka_python.client import KafkaPythonClient

OTHER_THREAD = "kafka-python has changed: listeners are called on the polling thread, and might do more than set a flag"
STABLE = "kafka-python or the broker has changed: undecided offsets are not given out to any consumer"
WAIT_SECONDS = 60.0


class Noting(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python carries no types
    """Notes the threads that it is called on."""

    def __init__(self) -> None:
        self.threads: list[int] = []

    def on_partitions_revoked(self, revoked: Any) -> None:
        self.threads.append(threading.get_ident())

    def on_partitions_assigned(self, assigned: Any) -> None:
        self.threads.append(threading.get_ident())


def test_kafka_python_calls_a_listener_on_a_thread_of_its_own(topic: str, bare_consumer: Callable[..., Any]) -> None:
    consumer, listener = bare_consumer(topic), Noting()
    consumer.subscribe([topic], listener=listener)
    wait_for(lambda: consumer.poll(200) or listener.threads)
    assert threading.get_ident() not in listener.threads, OTHER_THREAD


def test_our_rebalances_are_told_on_the_polling_thread(
    topic: str, settings: tuple[KafkaSettings, WorkerSettings]
) -> None:
    """What is told may ask the consumer: it is called by poll itself, after the listener has set its flag."""
    told: list[tuple[int, int]] = []
    consumer = KafkaPythonClient(
        *settings, on_rebalance=lambda: told.append((threading.get_ident(), len(consumer.assignment())))
    ).consumer()
    try:
        wait_for(lambda: consumer.poll(0.2, 1).records or told)
        assert {thread for thread, _partitions in told} == {threading.get_ident()}
        wait_for(lambda: consumer.poll(0.2, 1).records or consumer.assignment())
    finally:
        consumer.close(2)


def test_kafka_python_gives_a_new_owner_the_offsets_of_before_an_open_transaction(
    topic: str, bare_producer: Callable[..., Any], bare_consumer: Callable[..., Any]
) -> None:
    undecided(bare_producer, topic)
    assert bare_consumer(topic).committed(TopicPartition(topic, 0), timeout_ms=15_000) == 1, STABLE


def test_our_new_owner_waits_until_the_transaction_is_decided(
    topic: str, bare_producer: Callable[..., Any], settings: tuple[KafkaSettings, WorkerSettings]
) -> None:
    producer = undecided(bare_producer, topic)
    consumer = KafkaPythonClient(*settings).consumer()
    try:
        for _ in range(15):
            assert not consumer.poll(0.2, 10).records
        producer.commit_transaction()
        found: list[Any] = []
        wait_for(lambda: found.extend(all_records(consumer.poll(0.2, 10))) or len(found) >= 2)
        assert [record.offset for record in found] == [3, 4]
    finally:
        consumer.close(2)


def undecided(bare_producer: Callable[..., Any], topic: str) -> Any:
    """A producer whose open transaction moves the group from offset 1 to 3 of five records."""
    records = bare_producer(f"{topic}-records")
    records.begin_transaction()
    for number in range(5):
        records.send(topic, str(number).encode(), partition=0)
    records.flush(30)
    records.commit_transaction()
    producer, anyone = bare_producer(f"{topic}-slot"), ConsumerGroupMetadata(topic, -1, "", None)
    for offset in (1, 3):
        producer.begin_transaction()
        producer.send_offsets_to_transaction({TopicPartition(topic, 0): OffsetAndMetadata(offset)}, anyone)
        if offset == 1:
            producer.commit_transaction()
    return producer


def wait_for(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
