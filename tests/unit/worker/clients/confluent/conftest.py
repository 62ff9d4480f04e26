"""librdkafka's producer and consumer as scripts: what each call raises or gives is told beforehand."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("confluent_kafka", reason="the extra `fast` is not installed")

from confluent_kafka import KafkaError, KafkaException, TopicPartition

import worker.clients.confluent.consumer as consumer_module
import worker.clients.confluent.sender as sender_module
from worker.clients.client import Outgoing, Partition
from worker.clients.confluent.consumer import ConfluentConsumer
from worker.clients.confluent.sender import Sender
from worker.clients.confluent.topic_limits import TopicLimits

Step = Callable[[], Any]
ZERO, ONE = Partition("rides", 0), Partition("rides", 1)


class ScriptedProducer:
    """Delivers what is flushed, unless it is told how a place fails; raises what it is told to, call by call.

    Attributes:
        calls: the names of calls, in order.
        produced: what was given to it, in order.
        refusals: errors of `produce`, by the number of the call.
        failures: errors of delivery, by the place in `produced`.
        raises: for a call's name, what its next calls raise; None lets one pass.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.produced: list[tuple[Any, ...]] = []
        self.refusals: dict[int, Exception] = {}
        self.failures: dict[int, KafkaError] = {}
        self.raises: dict[str, list[Exception | None]] = {}
        self.never_delivers = False
        self._tried = 0
        self._reported = 0

    def _step(self, name: str) -> None:
        self.calls.append(name)
        queue = self.raises.get(name, [])
        error = queue.pop(0) if queue else None
        if error is not None:
            raise error

    def produce(self, *arguments: Any) -> None:
        number, self._tried = self._tried, self._tried + 1
        if number in self.refusals:
            raise self.refusals[number]
        self.produced.append(arguments)

    def flush(self, _seconds: float) -> int:
        self._step("flush")
        if self.never_delivers:
            return len(self.produced) - self._reported
        for place in range(self._reported, len(self.produced)):
            if place in self.failures:  # delivery.report.only.error
                self.produced[place][4](self.failures[place], None)
        self._reported = len(self.produced)
        return 0

    def poll(self, _seconds: float) -> int:
        self._step("poll")
        return 0

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_arguments: self._step(name)


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> ScriptedProducer:
    """Stands in for librdkafka's producer."""
    producer = ScriptedProducer()
    monkeypatch.setattr(sender_module, "Producer", lambda _options: producer)
    return producer


@pytest.fixture
def limits() -> TopicLimits:
    """Topics that take what Kafka's do by default, but ``small``, and ``silent`` that nobody tells of."""
    return TopicLimits(lambda topic: {"small": 1_100, "silent": None}.get(topic, 1_048_588))


@pytest.fixture
def sender(scripted: ScriptedProducer, limits: TopicLimits) -> Sender:
    """A sender that waits for nothing."""
    return Sender({}, limits, seconds=0)


@pytest.fixture
def outgoing() -> Callable[..., Outgoing]:
    """A record to write: ``outgoing(b"value", topic="predictions")``."""

    def make(value: bytes | None = b"v", topic: str = "predictions", partition: int | None = 1) -> Outgoing:
        return Outgoing(topic, partition, b"k", value, [("name", b"1")], 1_600_000_000_000)

    return make


@pytest.fixture
def raised() -> Callable[..., KafkaException]:
    """What confluent-kafka raises: ``raised(KafkaError._FENCED, retriable=True)``."""

    def make(code: int, **flags: bool) -> KafkaException:
        return KafkaException(KafkaError(code, "as told", **flags))

    return make


class ScriptedMessage:
    """A message, or an error in place of one."""

    def __init__(self, offset: int = 0, error: KafkaError | None = None, **fields: Any) -> None:
        usual = {"topic": "rides", "partition": 0, "timestamp": 7, "key": b"k", "value": b"v", "headers": None}
        self._fields = {**usual, **fields, "offset": offset, "error": error}

    def timestamp(self) -> tuple[int, int]:
        return (1, self._fields["timestamp"])

    def headers(self) -> Any:
        found = self._fields["headers"]
        if isinstance(found, Exception):
            raise found
        return found

    def __getattr__(self, name: str) -> Callable[[], Any]:
        if name not in self._fields:
            raise AttributeError(name)
        return lambda: self._fields[name]


class ScriptedConsumer:
    """Each `consume` takes the next of the script: messages, or something to do first that gives them."""

    def __init__(self) -> None:
        self.script: list[list[ScriptedMessage] | Step] = []
        self.sought: list[tuple[str, int, int]] = []
        self.seek_error: KafkaException | None = None
        self.generation = 3
        self.closed = 0
        self.end = 10
        self.asked: list[tuple[int, float]] = []

    def subscribe(self, _topics: list[str], on_assign: Any, on_revoke: Any, on_lost: Any) -> None:
        self.assign, self.revoke, self.lose = on_assign, on_revoke, on_lost

    def consume(self, most: int, seconds: float) -> list[ScriptedMessage]:
        self.asked.append((most, seconds))
        step = self.script.pop(0) if self.script else []
        return list(step() if callable(step) else step)

    def consumer_group_metadata(self) -> bytes:
        return b"CGMDv2:" + self.generation.to_bytes(4, sys.byteorder, signed=True) + b"group\0member\0\x01"

    def seek(self, partition: Any) -> None:
        if self.seek_error is not None:
            raise self.seek_error
        self.sought.append((partition.topic, partition.partition, partition.offset))

    def committed(self, partitions: list[Any], timeout: float) -> list[Any]:
        assert timeout > 0
        known = {0: 5, 1: -1001}  # librdkafka's number for none
        return [TopicPartition(each.topic, each.partition, known.get(each.partition, 7)) for each in partitions]

    def get_watermark_offsets(self, partition: Any, timeout: float = 0, cached: bool = False) -> tuple[int, int]:
        assert cached or timeout, "an unbounded question"
        return (0, {0: 10, 1: -1001}[partition.partition] if cached else self.end)

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch) -> ScriptedConsumer:
    """Stands in for librdkafka's consumer."""
    consumer = ScriptedConsumer()
    monkeypatch.setattr(consumer_module, "Consumer", lambda _options: consumer)
    return consumer


@pytest.fixture
def message() -> type[ScriptedMessage]:
    """Makes a message: ``message(offset=5, partition=1)``."""
    return ScriptedMessage


@pytest.fixture
def rebalances() -> list[str]:
    return []


@pytest.fixture
def consumer(theirs: Any, rebalances: list[str], stored: Any) -> Iterator[ConfluentConsumer]:
    """Has partitions 0 and 1."""
    options = {"group.id": "group"}
    found = ConfluentConsumer("rides", "here:9092", options, lambda: rebalances.append("one"), stored)
    theirs.script = [lambda: assign(theirs, ZERO, ONE)]
    found.poll(0, 10)
    rebalances.clear()
    theirs.asked.clear()
    yield found
    found.close(1)


def assign(theirs: Any, *partitions: Partition) -> list[Any]:
    theirs.assign(theirs, [TopicPartition(*each) for each in partitions])
    return []


def revoke(theirs: Any, *partitions: Partition) -> list[Any]:
    theirs.revoke(theirs, [TopicPartition(*each) for each in partitions])
    return []
