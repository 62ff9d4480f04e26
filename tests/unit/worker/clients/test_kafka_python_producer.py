"""What kafka-python's producer must be guarded against, shown on one that fails as it does (design, section 6)."""

from typing import Any

import kafka.errors as theirs
import pytest
from kafka.producer.future import FutureProduceResult, FutureRecordMetadata
from kafka.structs import TopicPartition

from scoring.errors import BrokerError, BrokerUnavailable, Fenced, RecordsTooLarge, TransactionLost
from worker.clients.client import Membership, Outgoing, Partition
from worker.clients.kafka_python import producer as subject
from worker.clients.kafka_python.producer import KafkaPythonProducer, KafkaPythonWriter
from worker.transaction import commit_transaction

MEMBERSHIP = Membership("group", 3, "member", "instance")
RECORD = Outgoing("predictions", 0, b"k", b"v", [("a", b"1")], 5)
REFUSED, GIVEN_UP = None, -1  # kafka-python's base offset of a record that was sent, and of one that was not


class TheirProducer:
    """As much of kafka-python's producer as ours calls; futures are its own."""

    made: "TheirProducer"

    def __init__(self, **options: Any) -> None:
        TheirProducer.made = self
        self.options = options
        self.calls: list[tuple[Any, ...]] = []
        self.outcomes: list[tuple[Exception | None, int | None]] = []
        self.raises: dict[str, Exception] = {}
        self._accumulator = self
        self._sender = self

    def _call(self, name: str, *arguments: Any) -> None:
        self.calls.append((name, *arguments))
        if name in self.raises:
            raise self.raises[name]

    def init_transactions(self) -> None:
        self._call("init")

    def begin_transaction(self) -> None:
        self._call("begin")

    def send(self, *arguments: Any) -> FutureRecordMetadata:
        self._call("send", *arguments)
        return self._future()

    def append(self, partition: TopicPartition, *arguments: Any) -> tuple[FutureRecordMetadata, bool, bool, bool]:
        self._call("append", tuple(partition), *arguments)
        return self._future(), False, False, False

    def _future(self) -> FutureRecordMetadata:
        batch = FutureProduceResult(TopicPartition("predictions", 0))
        future = FutureRecordMetadata(batch, 0, None, None, 1, 1, 1)
        if self.outcomes:
            error, base_offset = self.outcomes.pop(0)
            batch.success((base_offset, None, None if error is None else lambda _place: error))
        return future

    def wakeup(self) -> None:
        self._call("wakeup")

    def flush(self, timeout: float) -> None:
        self._call("flush", timeout)

    def send_offsets_to_transaction(self, offsets: Any, metadata: Any) -> None:
        self._call("offsets", offsets, metadata)

    def commit_transaction(self) -> None:
        self._call("commit")

    def close(self, timeout: float) -> None:
        self._call("close", timeout)

    @property
    def names(self) -> list[str]:
        return [call[0] for call in self.calls]


@pytest.fixture
def producer(monkeypatch: pytest.MonkeyPatch) -> KafkaPythonProducer:
    monkeypatch.setattr(subject, "KafkaProducer", TheirProducer)
    return KafkaPythonProducer("host:9092", {"transactional_id": "slot"}, flush_seconds=0.2)


@pytest.fixture
def their(producer: KafkaPythonProducer) -> TheirProducer:
    return TheirProducer.made


def commit(producer: KafkaPythonProducer, *records: Outgoing) -> None:
    commit_transaction(producer, records, {Partition("rides", 0): 7}, MEMBERSHIP)


def test_a_transaction_as_kafka_python_sees_it(producer: KafkaPythonProducer, their: TheirProducer) -> None:
    their.outcomes = [(None, 10), (None, 11)]
    commit(producer, RECORD, RECORD)
    first = ("send", "predictions", b"v", b"k", [("a", b"1")], 0, 5)
    second = ("append", ("predictions", 0), 5, b"k", b"v", [("a", b"1")])
    assert their.calls[:5] == [("init",), ("begin",), first, second, ("flush", 0.2)]
    (_name, offsets, identity), last = their.calls[5:]
    assert {tuple(each): offset.offset for each, offset in offsets.items()} == {("rides", 0): 7}
    assert (identity.group_id, identity.generation_id, identity.member_id) == ("group", 3, "member")
    assert identity.group_instance_id == "instance"
    assert last == ("commit",)


@pytest.mark.parametrize("error", [theirs.KafkaTimeoutError("expired"), theirs.NotLeaderForPartitionError()])
def test_a_record_that_was_not_taken_loses_the_transaction_before_its_offsets(
    error: Exception, producer: KafkaPythonProducer, their: TheirProducer
) -> None:
    """kafka-python itself would go on and commit the offsets without the record."""
    their.outcomes = [(None, 10), (error, GIVEN_UP), (None, 11)]
    with pytest.raises(TransactionLost) as lost:
        commit(producer, RECORD, RECORD, RECORD)
    assert lost.value.__cause__ is error
    assert "offsets" not in their.names
    assert "commit" not in their.names


def test_a_record_that_nobody_answered_for_loses_the_transaction(
    producer: KafkaPythonProducer, their: TheirProducer
) -> None:
    their.outcomes = [(None, 10)]  # and none for the second
    with pytest.raises(TransactionLost, match="not acknowledged"):
        commit(producer, RECORD, RECORD)
    assert "offsets" not in their.names


def test_records_of_a_batch_that_was_split_are_waited_for(producer: KafkaPythonProducer, their: TheirProducer) -> None:
    """kafka-python's flush raises this where a batch was larger than the topic takes, and sends its halves."""
    their.raises["flush"] = theirs.UnknownError("Future not done")
    their.outcomes = [(None, 10)]
    commit(producer, RECORD)
    assert their.names[-2:] == ["offsets", "commit"]


def test_a_record_that_was_refused_is_named_and_not_those_given_up_with_it(
    producer: KafkaPythonProducer, their: TheirProducer
) -> None:
    error = theirs.MessageSizeTooLargeError("too large")
    their.outcomes = [(error, GIVEN_UP), (None, 4), (error, REFUSED), (error, GIVEN_UP)]
    with pytest.raises(RecordsTooLarge) as refused:
        commit(producer, *[RECORD] * 4)
    assert refused.value.places == {2}
    assert "offsets" not in their.names


def test_a_record_that_is_refused_before_it_is_sent_is_named(
    producer: KafkaPythonProducer, their: TheirProducer
) -> None:
    producer.begin()
    their.outcomes = [(None, 1), (None, 2)]
    producer.send(RECORD)
    their.raises["send"] = theirs.MessageSizeTooLargeError("too large")
    producer.send(RECORD._replace(partition=1))
    del their.raises["send"]
    producer.send(RECORD)
    with pytest.raises(RecordsTooLarge) as refused:
        producer.flush()
    assert refused.value.places == {1}


def test_places_are_counted_anew_in_each_transaction(producer: KafkaPythonProducer, their: TheirProducer) -> None:
    their.outcomes = [(None, 1), (None, 2), (None, 3), (theirs.RecordListTooLargeError("x"), REFUSED)]
    commit(producer, RECORD, RECORD)
    with pytest.raises(RecordsTooLarge) as refused:
        commit(producer, RECORD, RECORD)
    assert refused.value.places == {1}


@pytest.mark.parametrize("step", ["begin", "send", "flush", "offsets", "commit"])
@pytest.mark.parametrize(
    ("theirs_raises", "ours"),
    [
        (theirs.KafkaTimeoutError("slow"), TransactionLost),
        (theirs.ProducerFencedError("fenced"), Fenced),
        (theirs.InvalidProducerEpochError("old"), Fenced),
        (theirs.KafkaError("in an error state: ProducerFencedError: ..."), Fenced),
        (theirs.TransactionalIdAuthorizationFailedError("no"), BrokerError),
        (theirs.TopicAuthorizationFailedError("no"), BrokerError),
        (theirs.KafkaError("one before has failed", theirs.TopicAuthorizationFailedError({"out"})), BrokerError),
    ],
    ids=["timeout", "fenced", "epoch", "fenced before", "id refused", "topic refused", "topic refused before"],
)
def test_errors_are_told_by_what_to_do(
    step: str, theirs_raises: Exception, ours: type[Exception], producer: KafkaPythonProducer, their: TheirProducer
) -> None:
    their.outcomes = [(None, 1)]
    their.raises[step] = theirs_raises
    with pytest.raises(BrokerError) as raised:
        commit(producer, RECORD)
    assert type(raised.value) is ours
    assert their.names[-1] == step, "nothing follows"


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (theirs.KafkaTimeoutError("no coordinator"), BrokerUnavailable),
        (theirs.ProducerFencedError("taken"), Fenced),
        (theirs.TransactionalIdAuthorizationFailedError("no"), BrokerError),
    ],
    ids=["unavailable", "fenced", "refused"],
)
def test_a_producer_that_cannot_take_its_slot_is_closed(
    error: Exception, ours: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refused(TheirProducer):
        def init_transactions(self) -> None:
            self.calls.append(("init",))
            raise error

    monkeypatch.setattr(subject, "KafkaProducer", Refused)
    with pytest.raises(BrokerError) as raised:
        KafkaPythonProducer("host:9092", {}, flush_seconds=0.2)
    assert type(raised.value) is ours
    assert TheirProducer.made.names == ["init", "close"]


def test_a_writer_tells_of_each_record_that_was_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "KafkaProducer", TheirProducer)
    writer = KafkaPythonWriter("host:9092", {})
    TheirProducer.made.outcomes = [(None, 1), (theirs.KafkaTimeoutError("expired"), GIVEN_UP), (None, 2)]
    for _ in range(3):
        writer.write(RECORD)
    with pytest.raises(BrokerUnavailable, match="host:9092"):
        writer.flush()
    writer.flush()  # what failed was told once


def test_a_writer_tells_a_record_that_is_too_large_from_a_broker_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "KafkaProducer", TheirProducer)
    writer = KafkaPythonWriter("host:9092", {})
    TheirProducer.made.outcomes = [(theirs.MessageSizeTooLargeError("2 MB"), REFUSED)]
    writer.write(RECORD)
    with pytest.raises(BrokerError, match=r"refuses.*2 MB") as raised:
        writer.flush()
    assert type(raised.value) is BrokerError


def test_a_writer_waits_where_too_much_is_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """kafka-python bounds no memory for what is not sent yet."""
    monkeypatch.setattr(subject, "KafkaProducer", TheirProducer)
    monkeypatch.setattr(subject, "_UNSENT_RECORDS", 3)
    writer = KafkaPythonWriter("host:9092", {})
    TheirProducer.made.outcomes = [(None, number) for number in range(7)]
    for _ in range(7):
        writer.write(RECORD)
    assert TheirProducer.made.names == ["send", "send", "send", "flush"] * 2 + ["send"]
