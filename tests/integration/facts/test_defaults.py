"""Fact: kafka-python's defaults skip, commit too early or refuse what a ride may be.

`auto_offset_reset='latest'` passes over whatever came before the group; offsets are committed behind the worker's back;
and a null header value, or a record without key and value, cannot be sent. Our options and dead letters say otherwise:
tests/unit/worker/clients/test_kafka_python_configuration.py and tests/unit/worker/test_dead_letter.py hold them.
"""

from collections.abc import Callable
from typing import Any

import pytest
from kafka import KafkaConsumer

from scoring.settings.kafka_settings import KafkaSettings
from scoring.settings.worker_settings import WorkerSettings
from worker.clients.client import Outgoing
from worker.clients.kafka_python.client import KafkaPythonClient
from worker.clients.kafka_python.configuration import consumer_options
from worker.clients.memory_broker import MemoryRecord
from worker.dead_letter import Tombstone, copied_headers, dead_letter

NEWER = "kafka-python has changed a default: see worker/clients/kafka_python/configuration.py and ADR 0004"


@pytest.mark.parametrize(
    ("name", "theirs", "ours"),
    [
        ("auto_offset_reset", "latest", "earliest"),
        ("enable_auto_commit", True, False),
        ("isolation_level", "read_uncommitted", "read_committed"),
        ("allow_auto_create_topics", True, False),
    ],
)
def test_defaults_that_are_changed(name: str, theirs: object, ours: object) -> None:
    assert KafkaConsumer.DEFAULT_CONFIG[name] == theirs, NEWER
    assert consumer_options(KafkaSettings(), WorkerSettings())[name] == ours


@pytest.mark.parametrize(
    "record", [{"value": None}, {"value": b"v", "headers": [("a", None)]}], ids=["empty", "header"]
)
def test_kafka_python_cannot_send_what_it_can_read(
    record: dict[str, Any], topic: str, bare_producer: Callable[..., Any]
) -> None:
    producer = bare_producer(topic)
    producer.begin_transaction()
    with pytest.raises((AssertionError, TypeError, ValueError)):  # where it does not raise: see ADR 0004, which may go
        producer.send(topic, partition=0, **record)


def test_our_dead_letter_of_nulls_is_sent(
    topic: str, settings: tuple[KafkaSettings, WorkerSettings], values: Callable[[str, int], list[bytes]]
) -> None:
    client = KafkaPythonClient(*settings)
    record = MemoryRecord(topic, 0, 0, 1_000, None, None, [("a", None)])
    letter: Outgoing = dead_letter(record, Tombstone("no value"), topic)._replace(partition=0, timestamp_ms=None)
    assert ("a", b"") in copied_headers(record.headers)
    producer = client.producer(topic)
    producer.begin()
    producer.send(letter)
    producer.flush()
    producer.commit()
    producer.close(1)
    assert values(topic, 0) == [b""]
