"""A broker that these tests may hurt, and kafka-python's own clients on it with nothing of ours around them."""

import gc
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from local_services import KafkaProcess
from local_services.errors import WayFailed
from scoring.settings.kafka_settings import KafkaSettings
from scoring.settings.worker_settings import WorkerSettings
from tests.chaos.places import proxied_broker
from tests.chaos.proxy import Proxy
from tests.do_without import do_without


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """kafka-python leaves sockets open whose connection was refused; these tests kill brokers."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))


@pytest.fixture(scope="session")
def broker() -> Iterator[KafkaProcess]:
    """One for all facts; a test that pauses or kills it sets it going again."""
    with ExitStack() as running:
        try:
            found = running.enter_context(KafkaProcess.temporary(properties={"group.min.session.timeout.ms": "1000"}))
        except WayFailed as error:
            do_without(error)
        yield found


@pytest.fixture
def servers(broker: KafkaProcess) -> Iterator[str]:
    """Its address; it runs when the test begins and when it is over."""
    broker.resume()
    broker.start()
    yield broker.bootstrap_servers
    broker.resume()
    broker.start()
    gc.collect()  # what is left of the test is complained of here, and not in another


@pytest.fixture
def kafka_on_a_bad_wire(broker: KafkaProcess) -> Iterator[tuple[str, str, Proxy]]:  # skips where none runs
    """Another broker's own address, its address through a proxy that can garble answers, and the proxy."""
    with proxied_broker() as place:
        assert place.proxy is not None
        yield place.direct, place.servers, place.proxy


@pytest.fixture
def topic(servers: str, unique_name: Callable[[str], str]) -> str:
    """A topic of two partitions."""
    name = unique_name("fact")
    with KafkaAdminClient(bootstrap_servers=servers) as admin:
        admin.create_topics({name: {"num_partitions": 2, "replication_factor": 1}}, wait_for_metadata=True)
    return name


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    """Closes what a test opened, newest first."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def bare_producer(servers: str, closing: ExitStack) -> Callable[..., Any]:
    """kafka-python's producer, ready for transactions."""

    def make(transactional_id: str, **options: Any) -> Any:
        producer = KafkaProducer(bootstrap_servers=servers, transactional_id=transactional_id, **options)
        closing.callback(producer.close, timeout=1)
        producer.init_transactions()
        return producer

    return make


@pytest.fixture
def bare_consumer(servers: str, closing: ExitStack) -> Callable[..., Any]:
    """kafka-python's consumer."""

    def make(group: str | None, **options: Any) -> Any:
        consumer = KafkaConsumer(bootstrap_servers=servers, group_id=group, enable_auto_commit=False, **options)
        closing.callback(consumer.close, autocommit=False, timeout_ms=1_000)
        return consumer

    return make


@pytest.fixture
def group_offset(bare_consumer: Callable[..., Any]) -> Callable[[str, str, int], int | None]:
    """What a group has committed for good: ``group_offset(group, topic, partition)``."""

    def ask(group: str, topic: str, partition: int) -> int | None:
        consumer = bare_consumer(group, isolation_level="read_committed")
        found: int | None = consumer.committed(TopicPartition(topic, partition))
        return found

    return ask


@pytest.fixture
def values(bare_consumer: Callable[..., Any]) -> Callable[[str, int], list[bytes]]:
    """The committed records of a partition."""

    def read(topic: str, number: int) -> list[bytes]:
        consumer = bare_consumer(None, isolation_level="read_committed")
        partition = TopicPartition(topic, number)
        consumer.assign([partition])
        consumer.seek_to_beginning(partition)
        end = consumer.end_offsets([partition])[partition]
        found: list[bytes] = []
        while consumer.position(partition) < end:
            found += [record.value for part in consumer.poll(500).values() for record in part]
        return found

    return read


@pytest.fixture
def settings(servers: str, topic: str) -> tuple[KafkaSettings, WorkerSettings]:
    """Of our own clients, with the topic as input and a group of its name."""
    return KafkaSettings(bootstrap_servers=servers), WorkerSettings(input_topic=topic, group=topic)


class InBackground(threading.Thread):
    """A call that may never return, in a thread that keeps no process alive.

    Attributes:
        failure: what it raised.
    """

    def __init__(self, call: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._call = call
        self.failure: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._call()
        except BaseException as error:  # noqa: BLE001  # it is told
            self.failure = error

    def returned(self, seconds: float) -> bool:
        """Whether it is over after so long, one way or the other."""
        self.join(seconds)
        return not self.is_alive()


@pytest.fixture
def in_background() -> type[InBackground]:
    """Start a call that may never return."""
    return InBackground


@pytest.fixture
def program() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a Python program with arguments; it is killed with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(source: str, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-u", "-c", source, *arguments]
        started.append(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        )
        return started[-1]

    yield start
    for each in started:
        each.kill()
        each.communicate()
