"""One broker after another behind the same client protocol.

A client that is added here, by one factory, is held to every test of this folder.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from kafka import KafkaProducer

from scoring.settings.kafka_settings import KafkaSettings
from scoring.settings.worker_settings import WorkerSettings
from tests.raw_names import RawName
from worker.batch import Batch
from worker.clients.client import Client, Consumer, Outgoing, Producer, Reader, Record, TopicPlan, all_records
from worker.clients.kafka_python.client import KafkaPythonClient
from worker.clients.memory import MemoryClient
from worker.clients.memory_broker import MemoryBroker

_WAIT_SECONDS = 30.0
_SESSION_SECONDS = 6.0  # the least that brokers take; heartbeats, which tell of a rebalance, come at a third of it

OpenClient = Callable[..., Client]
Factory = Callable[[pytest.FixtureRequest], OpenClient]


def _memory(_request: pytest.FixtureRequest) -> OpenClient:
    broker = MemoryBroker(max_record_bytes=10_000)

    def open_client(topic: str, group: str, on_rebalance: Callable[[], None] = lambda: None) -> Client:
        return MemoryClient(broker, topic, group, on_rebalance)

    return open_client


def _kafka_python(request: pytest.FixtureRequest) -> OpenClient:
    return _on_kafka(request, KafkaPythonClient)


def _confluent(request: pytest.FixtureRequest) -> OpenClient:
    from worker.clients.confluent.client import ConfluentClient

    return _on_kafka(request, ConfluentClient)


def _on_kafka(request: pytest.FixtureRequest, kind: Callable[..., Client]) -> OpenClient:
    kafka = KafkaSettings(bootstrap_servers=request.getfixturevalue("kafka_servers"))

    def open_client(topic: str, group: str, on_rebalance: Callable[[], None] = lambda: None) -> Client:
        worker = WorkerSettings(
            input_topic=topic,
            output_topic=f"{topic}.predictions",
            dead_letter_topic=f"{topic}.dead-letters",
            group=group,
            session_timeout_seconds=_SESSION_SECONDS,
        )
        return kind(kafka, worker, on_rebalance)

    return open_client


@pytest.fixture(
    params=[
        pytest.param(_memory, id="memory"),
        pytest.param(_kafka_python, id="kafka-python", marks=pytest.mark.kafka),
        pytest.param(_confluent, id="confluent", marks=pytest.mark.kafka),
    ]
)
def open_client(request: pytest.FixtureRequest) -> OpenClient:
    """Open a client of one broker: ``open_client(topic, group, on_rebalance)``."""
    factory: Factory = request.param
    return factory(request)


@pytest.fixture
def new_topic(open_client: OpenClient, unique_name: Callable[[str], str]) -> Iterator[Callable[..., str]]:
    """Make a topic: ``new_topic(partitions)``; it takes records below 10,000 bytes."""
    made: list[str] = []
    client = open_client("none", "none")

    def make(partitions: int = 1) -> str:
        topic = unique_name("contract")
        client.create_topics([TopicPlan(topic, partitions, 1, {"max.message.bytes": "10000"})])
        made.append(topic)
        return topic

    yield make
    client.delete_topics(made)


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    """Closes what a test opened, newest first."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def new_consumer(open_client: OpenClient, closing: ExitStack) -> Callable[..., Consumer]:
    """Add a member to a group: ``new_consumer(topic, group, on_rebalance)``."""

    def make(topic: str, group: str, *on_rebalance: Callable[[], None]) -> Consumer:
        consumer = open_client(topic, group, *on_rebalance).consumer()
        closing.callback(consumer.close, 5)
        return consumer

    return make


@pytest.fixture
def new_producer(open_client: OpenClient, closing: ExitStack) -> Callable[[str], Producer]:
    """Take over a transactional id."""

    def make(transactional_id: str) -> Producer:
        producer = open_client("none", "none").producer(transactional_id)
        closing.callback(producer.close, 2)
        return producer

    return make


@pytest.fixture
def new_reader(open_client: OpenClient, closing: ExitStack) -> Callable[..., Reader]:
    """Read a topic: ``new_reader(topic, from_beginning=True)``."""

    def make(topic: str, *, from_beginning: bool = True) -> Reader:
        reader = open_client("none", "none").reader(topic, from_beginning=from_beginning)
        closing.callback(reader.close)
        return reader

    return make


@pytest.fixture
def outgoing() -> Callable[..., Outgoing]:
    """A record to write: ``outgoing(topic, value, partition=0)`` and any other field by name."""

    def make(topic: str, value: bytes | None = b"a ride", partition: int | None = 0, **fields: Any) -> Outgoing:
        fields = {"key": b"a key", "headers": [], "timestamp_ms": None, **fields}
        return Outgoing(topic, partition, value=value, **fields)

    return make


@pytest.fixture
def write(open_client: OpenClient) -> Callable[..., None]:
    """Write records without a transaction."""

    def write_all(*records: Outgoing) -> None:
        writer = open_client("none", "none").writer()
        for record in records:
            writer.write(record)
        writer.flush()
        writer.close()

    return write_all


@pytest.fixture
def write_raw(
    request: pytest.FixtureRequest, open_client: OpenClient, write: Callable[..., None]
) -> Callable[..., None]:
    """Write records whose header names need be no text: surrogates in them stand for bytes."""
    if isinstance(open_client("none", "none"), MemoryClient):
        return write

    def write_all(*records: Outgoing) -> None:
        producer = KafkaProducer(bootstrap_servers=request.getfixturevalue("kafka_servers"), linger_ms=100)
        futures = []
        for topic, partition, key, value, headers, timestamp_ms in records:
            named = [(RawName(name), value) for name, value in headers]
            futures.append(producer.send(topic, value, key, named, partition, timestamp_ms))
        producer.flush(_WAIT_SECONDS)
        producer.close()
        assert all(future.succeeded() for future in futures)

    return write_all


@pytest.fixture
def everything(new_reader: Callable[..., Reader]) -> Callable[[str], list[Record]]:
    """All committed records of a topic."""

    def read(topic: str) -> list[Record]:
        reader = new_reader(topic)
        found: list[Record] = []
        deadline = time.monotonic() + _WAIT_SECONDS
        while not reader.at_end():
            found += reader.read(0.2)
            assert time.monotonic() < deadline, f"the reader came to no end; it gave {len(found)} records"
        return found

    return read


@pytest.fixture
def poll_batch() -> Callable[[Consumer, int], Batch]:
    """Poll until that many records have come, all under the membership that is given with them."""

    def poll(consumer: Consumer, count: int) -> Batch:
        found: list[Record] = []
        memberships = set()
        deadline = time.monotonic() + _WAIT_SECONDS
        while len(found) < count:
            polled = consumer.poll(0.2, count - len(found))
            records = list(all_records(polled))
            if records:
                memberships.add(polled.membership)
            found += records
            assert time.monotonic() < deadline, f"only {len(found)} of {count} records came"
        (membership,) = memberships
        return Batch(found, membership)

    return poll


@pytest.fixture
def poll_records(poll_batch: Callable[[Consumer, int], Batch]) -> Callable[[Consumer, int], list[Record]]:
    """Poll until that many records have come."""

    def poll(consumer: Consumer, count: int) -> list[Record]:
        return poll_batch(consumer, count).records

    return poll


@pytest.fixture
def poll_until() -> Callable[..., None]:
    """Poll consumers in turn, as the members of a group do, until something is true."""

    def poll(true: Callable[[], bool], *consumers: Consumer) -> None:
        deadline = time.monotonic() + _WAIT_SECONDS
        while not true():
            for consumer in consumers:
                consumer.poll(0.1, 1)
            assert time.monotonic() < deadline, "the group did not come to rest in time"

    return poll
