"""Ordinary records go straight to kafka-python's batches, all others by its `send`, and both give its futures."""

from typing import Any

import kafka
import pytest
from kafka.producer.future import FutureProduceResult, FutureRecordMetadata
from kafka.structs import TopicPartition

from worker.clients.client import Outgoing
from worker.clients.kafka_python.appending import READ_VERSIONS, Appending

READ = min(READ_VERSIONS)
RECORD = Outgoing("predictions", 0, b"k", b"v", [("a", b"1"), ("b", b"2")], 5)
LARGE = b"x" * 100_000


class TheirProducer:
    """As much of kafka-python's producer as is called; `answer` is what its accumulator says of the batch."""

    def __init__(self) -> None:
        self.sent: list[tuple[Any, ...]] = []
        self.appended: list[tuple[Any, ...]] = []
        self.woken = 0
        self.answer = (False, False)
        self.send_error: Exception | None = None
        self._accumulator = self._sender = self

    def send(self, *arguments: Any) -> FutureRecordMetadata:
        self.sent.append(arguments)
        future = new_future()
        return future if self.send_error is None else future.failure(self.send_error)

    def append(self, *arguments: Any) -> tuple[FutureRecordMetadata, bool, bool, bool]:
        self.appended.append(arguments)
        return (new_future(), *self.answer, False)

    def wakeup(self) -> None:
        self.woken += 1


def new_future() -> FutureRecordMetadata:
    return FutureRecordMetadata(FutureProduceResult(TopicPartition("predictions", 0)), 0, None, None, 1, 1, 1)


@pytest.fixture
def their() -> TheirProducer:
    return TheirProducer()


@pytest.fixture
def appending(their: TheirProducer) -> Appending:
    return Appending(their, READ)


def test_the_installed_version_was_read() -> None:
    """Where this fails: read what `KafkaProducer.send` does beside `RecordAccumulator.append`, then add the version."""
    assert kafka.__version__ in READ_VERSIONS


def test_the_first_of_each_partition_is_sent_and_the_others_appended(
    appending: Appending, their: TheirProducer
) -> None:
    for partition in (0, 1, 0, 1, 0):
        assert isinstance(appending.add(RECORD._replace(partition=partition)), FutureRecordMetadata)
    assert their.sent == [("predictions", b"v", b"k", RECORD.headers, partition, 5) for partition in (0, 1)]
    assert their.appended == [
        (TopicPartition("predictions", partition), 5, b"k", b"v", RECORD.headers) for partition in (0, 1, 0)
    ]


def test_each_transaction_begins_anew(appending: Appending, their: TheirProducer) -> None:
    """Its first `send` has kafka-python add the partition to it."""
    for _ in range(2):
        appending.restart()
        appending.add(RECORD)
        appending.add(RECORD)
    assert (len(their.sent), len(their.appended)) == (2, 2)


@pytest.mark.parametrize(
    "unusual",
    [
        RECORD._replace(partition=None),
        RECORD._replace(value=None),
        RECORD._replace(value=LARGE),
        RECORD._replace(key=LARGE),
        RECORD._replace(headers=[("copied", LARGE)]),
        RECORD._replace(headers=[("copied", b"1")] * 5),
    ],
    ids=["no partition", "no value", "large value", "large key", "large header", "many headers"],
)
def test_what_send_might_refuse_is_sent(unusual: Outgoing, appending: Appending, their: TheirProducer) -> None:
    appending.add(RECORD)
    appending.add(unusual)
    assert (len(their.sent), their.appended) == (2, [])


def test_a_partition_whose_first_record_failed_is_not_appended_to(appending: Appending, their: TheirProducer) -> None:
    """It is not part of the transaction, so that what were appended would never be sent."""
    their.send_error = RuntimeError("no metadata")
    appending.add(RECORD)
    appending.add(RECORD)
    assert (len(their.sent), their.appended) == (2, [])


@pytest.mark.parametrize(("answer", "woken"), [((False, False), 0), ((True, False), 1), ((False, True), 1)])
def test_the_io_thread_is_woken_for_a_full_and_for_a_new_batch(
    answer: tuple[bool, bool], woken: int, appending: Appending, their: TheirProducer
) -> None:
    their.answer = answer
    appending.add(RECORD)
    appending.add(RECORD)
    assert their.woken == woken


def test_with_a_version_that_was_not_read_all_are_sent(their: TheirProducer) -> None:
    appending = Appending(their, "3.99.0")
    appending.add(RECORD)
    appending.add(RECORD)
    assert (len(their.sent), their.appended) == (2, [])
