"""A transaction on librdkafka: what each failure means to the worker."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from scoring.errors import BrokerError, BrokerUnavailable, Fenced, RecordsTooLarge, TransactionLost
from worker.clients.client import Membership, Outgoing, Partition
from worker.clients.confluent.producer import ConfluentProducer
from worker.clients.confluent.topic_limits import TopicLimits

MEMBER = Membership("group", 1, "member", token=b"token")
Raised = Callable[..., KafkaException]


@pytest.fixture
def producer(scripted: Any, limits: TopicLimits) -> ConfluentProducer:
    return ConfluentProducer("here:9092", {}, limits, 60, 60)


def test_a_transaction_is_these_calls(
    producer: ConfluentProducer, scripted: Any, outgoing: Callable[..., Outgoing]
) -> None:
    producer.begin()
    producer.send(outgoing())
    producer.flush()
    producer.send_offsets({Partition("rides", 1): 5}, MEMBER)
    producer.commit()
    producer.close(1)
    assert scripted.calls == [
        "init_transactions",
        "begin_transaction",
        "flush",
        "send_offsets_to_transaction",
        "commit_transaction",
        "purge",
        "flush",
    ]


@pytest.mark.parametrize(
    ("code", "ours"),
    [(KafkaError._FENCED, Fenced), (KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, BrokerError)],
)
def test_a_slot_that_cannot_be_taken_over_is_told_and_nothing_is_left_open(
    code: int, ours: type[Exception], scripted: Any, limits: TopicLimits, raised: Raised
) -> None:
    scripted.raises["init_transactions"] = [raised(code)]
    with pytest.raises(BrokerError) as found:
        ConfluentProducer("here:9092", {}, limits, 60, 60)
    assert type(found.value) is ours
    assert scripted.calls[-2:] == ["purge", "flush"]


def test_taking_over_a_slot_waits_for_a_coordinator(scripted: Any, limits: TopicLimits, raised: Raised) -> None:
    slow = raised(KafkaError._TIMED_OUT, retriable=True)
    scripted.raises["init_transactions"] = [slow, slow, None]
    ConfluentProducer("here:9092", {}, limits, 60, 60)
    assert scripted.calls.count("init_transactions") == 3


def test_a_coordinator_that_never_comes_is_unavailable(
    scripted: Any, limits: TopicLimits, raised: Raised, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 1_000, 5))
    monkeypatch.setattr("worker.clients.confluent.patience.time.monotonic", lambda: next(clock))
    scripted.raises["init_transactions"] = [raised(KafkaError._TIMED_OUT, retriable=True)] * 100
    with pytest.raises(BrokerUnavailable, match="here:9092"):
        ConfluentProducer("here:9092", {}, limits, 60, 60)


@pytest.mark.parametrize("call", ["begin", "flush", "send_offsets", "commit"])
@pytest.mark.parametrize(
    ("code", "flags", "ours"),
    [
        (KafkaError._FENCED, {"fatal": True}, Fenced),
        (KafkaError.INVALID_PRODUCER_EPOCH, {"fatal": True}, Fenced),
        (KafkaError.ILLEGAL_GENERATION, {"txn_requires_abort": True}, TransactionLost),
        (KafkaError.GROUP_AUTHORIZATION_FAILED, {"txn_requires_abort": True}, BrokerError),
    ],
)
def test_each_call_tells_what_went_wrong(
    call: str,
    code: int,
    flags: dict[str, bool],
    ours: type[Exception],
    producer: ConfluentProducer,
    scripted: Any,
    raised: Raised,
) -> None:
    theirs = {
        "begin": "begin_transaction",
        "send_offsets": "send_offsets_to_transaction",
        "commit": "commit_transaction",
    }
    scripted.raises[theirs.get(call, call)] = [raised(code, **flags)]
    arguments = ({Partition("rides", 1): 5}, MEMBER) if call == "send_offsets" else ()
    with pytest.raises(BrokerError) as found:
        getattr(producer, call)(*arguments)
    assert type(found.value) is ours


def test_a_commit_that_is_not_answered_is_asked_for_again(
    producer: ConfluentProducer, scripted: Any, raised: Raised
) -> None:
    scripted.raises["commit_transaction"] = [raised(KafkaError._TIMED_OUT, retriable=True)] * 3 + [None]
    producer.commit()
    assert scripted.calls.count("commit_transaction") == 4


@pytest.mark.parametrize("flags", [{"retriable": True}, {"fatal": True}, {}], ids=str)
def test_a_commit_that_may_have_happened_is_left_to_the_next_producer_to_settle(
    flags: dict[str, bool], scripted: Any, limits: TopicLimits, raised: Raised
) -> None:
    """The worker takes its slot over anew, which ends that transaction, and reads on from what the group committed."""
    producer = ConfluentProducer("here:9092", {}, limits, 60, 0)
    scripted.raises["commit_transaction"] = [raised(KafkaError._TIMED_OUT, **flags)]
    with pytest.raises(TransactionLost, match="learn whether it was done"):
        producer.commit()


@pytest.mark.parametrize("call", ["send_offsets", "commit"])
def test_a_call_that_outlives_its_own_timeout_is_left_to_itself(
    call: str, scripted: Any, limits: TopicLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.clients.confluent.producer._LATE_SECONDS", 0.1)
    release = threading.Event()
    theirs = {"send_offsets": "send_offsets_to_transaction", "commit": "commit_transaction"}
    setattr(scripted, theirs[call], lambda *_arguments: release.wait(60))
    producer = ConfluentProducer("here:9092", {}, limits, 60, 0)
    arguments = ({Partition("rides", 1): 5}, MEMBER) if call == "send_offsets" else ()
    try:
        with pytest.raises(TransactionLost, match="did not come back"):
            getattr(producer, call)(*arguments)
        left = [thread for thread in threading.enumerate() if thread.name in {"send offsets", "commit"}]
        assert left
        assert all(thread.daemon for thread in left), "it keeps no process alive"
        producer.close(1)
    finally:
        release.set()


def test_records_that_are_too_large_are_named(
    producer: ConfluentProducer, scripted: Any, outgoing: Callable[..., Outgoing]
) -> None:
    scripted.failures = {1: KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)}
    producer.begin()
    producer.send(outgoing())
    producer.send(outgoing(b"x" * 2_000_000))
    with pytest.raises(RecordsTooLarge) as found:
        producer.flush()
    assert found.value.places == {1}


def test_a_batch_that_is_too_large_loses_the_transaction_only(
    producer: ConfluentProducer, scripted: Any, outgoing: Callable[..., Outgoing]
) -> None:
    scripted.failures = dict.fromkeys(range(2), KafkaError(KafkaError.MSG_SIZE_TOO_LARGE))
    producer.begin()
    producer.send(outgoing())
    producer.send(outgoing())
    with pytest.raises(TransactionLost, match="larger than predictions takes"):
        producer.flush()


@pytest.mark.parametrize(
    ("code", "ours"),
    [
        (KafkaError._MSG_TIMED_OUT, TransactionLost),
        (KafkaError._PURGE_QUEUE, TransactionLost),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, BrokerError),
        (KafkaError.INVALID_PRODUCER_EPOCH, Fenced),
    ],
)
def test_one_record_without_acknowledgement_loses_all(
    code: int, ours: type[Exception], producer: ConfluentProducer, scripted: Any, outgoing: Callable[..., Outgoing]
) -> None:
    scripted.failures = {7: KafkaError(code)}
    producer.begin()
    for _ in range(10):
        producer.send(outgoing())
    with pytest.raises(BrokerError) as found:
        producer.flush()
    assert type(found.value) is ours


def test_offsets_need_a_membership_of_this_client(producer: ConfluentProducer) -> None:
    with pytest.raises(TransactionLost, match="another kind of client"):
        producer.send_offsets({Partition("rides", 1): 5}, Membership("group", 1, "member"))
