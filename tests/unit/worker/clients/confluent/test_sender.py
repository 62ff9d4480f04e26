"""Every record is proved delivered, or told by its place."""

from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from worker.clients.client import Outgoing
from worker.clients.confluent.sender import Sender

TOO_LARGE = KafkaError.MSG_SIZE_TOO_LARGE
NewOutgoing = Callable[..., Outgoing]


def test_a_record_goes_as_it_is(sender: Sender, scripted: Any, outgoing: NewOutgoing) -> None:
    sender.send(outgoing(b"value"))
    sender.send(Outgoing("letters", None, None, None, [], None))
    one, other = scripted.produced
    assert (*one[:4], *one[5:]) == ("predictions", b"value", b"k", 1, None, 1_600_000_000_000, [("name", b"1")])
    assert (*other[:4], *other[5:]) == ("letters", None, None, -1, None, 0, None)


def test_what_was_delivered_is_no_failure(sender: Sender, outgoing: NewOutgoing) -> None:
    for _ in range(5):
        sender.send(outgoing())
    assert sender.flush() == {}


def test_failures_are_told_by_place_in_each_transaction_anew(
    sender: Sender, scripted: Any, outgoing: NewOutgoing
) -> None:
    scripted.failures = {1: KafkaError(KafkaError._MSG_TIMED_OUT), 4: KafkaError(TOO_LARGE)}
    for _ in range(3):
        sender.send(outgoing())
    assert {place: error.code() for place, error in sender.flush().items()} == {1: KafkaError._MSG_TIMED_OUT}
    sender.restart()
    for _ in range(3):
        sender.send(outgoing())
    assert {place: error.code() for place, error in sender.flush().items()} == {1: TOO_LARGE}, "3 went before"


def test_a_flush_that_leaves_records_is_no_proof(sender: Sender, scripted: Any, outgoing: NewOutgoing) -> None:
    scripted.never_delivers = True
    sender.send(outgoing())
    with pytest.raises(KafkaException, match="1 records were not acknowledged"):
        sender.flush()


def test_many_records_are_told_by_place_as_one_by_one(sender: Sender, scripted: Any, outgoing: NewOutgoing) -> None:
    scripted.failures = {2: KafkaError(KafkaError._MSG_TIMED_OUT)}
    sender.send(outgoing(b"one"))
    sender.send_all([outgoing(b"two"), outgoing(b"three", topic="letters", partition=None)])
    assert [each[:4] for each in scripted.produced] == [
        ("predictions", b"one", b"k", 1),
        ("predictions", b"two", b"k", 1),
        ("letters", b"three", b"k", -1),
    ]
    assert list(sender.flush()) == [2]


def test_a_full_queue_is_drained_and_the_record_sent(sender: Sender, scripted: Any, outgoing: NewOutgoing) -> None:
    scripted.refusals = {1: BufferError("full")}
    for value in (b"one", b"two", b"three"):
        sender.send(outgoing(value))
    assert [each[1] for each in scripted.produced] == [b"one", b"two", b"three"]
    assert scripted.calls == ["poll"]


def test_a_queue_that_stays_full_ends_the_waiting(sender: Sender, scripted: Any, outgoing: NewOutgoing) -> None:
    scripted.refusals = {number: BufferError("full") for number in range(10)}
    with pytest.raises(KafkaException, match="stayed full"):
        sender.send(outgoing())


def test_a_record_that_librdkafka_itself_refuses_is_told_by_its_place(
    sender: Sender, scripted: Any, outgoing: NewOutgoing, raised: Callable[..., KafkaException]
) -> None:
    scripted.refusals = {1: raised(TOO_LARGE)}
    for value in (b"one", b"x" * 2_000_000, b"three"):
        sender.send(outgoing(value))
    assert list(sender.flush()) == [1]
    assert sender.too_large() == (frozenset({1}), frozenset())


def test_a_producer_that_takes_no_more_raises_what_made_it(
    sender: Sender, scripted: Any, outgoing: NewOutgoing, raised: Callable[..., KafkaException]
) -> None:
    scripted.refusals = {0: raised(KafkaError._STATE), 1: raised(KafkaError._FATAL)}
    with pytest.raises(KafkaException) as found:
        sender.send(outgoing())
    assert found.value.args[0].code() == KafkaError._STATE
    scripted.raises["poll"] = [raised(KafkaError._FENCED)]
    with pytest.raises(KafkaException) as found:
        sender.send(outgoing())
    assert found.value.args[0].code() == KafkaError._FENCED, "which librdkafka tells when it is polled"


def test_what_follows_a_failure_is_left_to_flush(
    sender: Sender, scripted: Any, outgoing: NewOutgoing, raised: Callable[..., KafkaException]
) -> None:
    scripted.failures = {0: KafkaError(TOO_LARGE)}
    scripted.refusals = {1: raised(KafkaError._STATE)}
    sender.send(outgoing())
    scripted.poll = scripted.flush  # reports are served by either
    sender.send(outgoing())
    assert list(sender.flush()) == [0]


def test_batches_of_a_small_topic_are_delivered_before_they_grow_too_large(
    sender: Sender, scripted: Any, outgoing: NewOutgoing
) -> None:
    flushed_at: list[int] = []
    flush = scripted.flush
    scripted.flush = lambda seconds: flushed_at.append(len(scripted.produced)) or flush(seconds)
    for _ in range(10):
        sender.send(outgoing(b"x" * 200, topic="small"))
    assert flushed_at == [3, 6, 9], "3 records of 200 bytes and what surrounds them stay below 1,100"
    sender.send(outgoing(b"x" * 200))
    assert len(flushed_at) == 3, "other topics do not wait"


def test_a_small_topics_large_record_goes_alone_and_is_named(
    sender: Sender, scripted: Any, outgoing: NewOutgoing
) -> None:
    scripted.failures = {1: KafkaError(TOO_LARGE)}
    for size in (10, 5_000, 10, 10):
        sender.send(outgoing(b"x" * size, topic="small"))
    assert list(sender.flush()) == [1]
    assert sender.too_large() == (frozenset({1}), frozenset())
    assert len(scripted.produced) == 2, "what follows a failure is not sent any more"


def test_a_whole_batch_that_is_refused_accuses_no_record(sender: Sender, scripted: Any, outgoing: NewOutgoing) -> None:
    scripted.failures = dict.fromkeys(range(3), KafkaError(TOO_LARGE))
    for _ in range(3):
        sender.send(outgoing(topic="silent"))
    sender.flush()
    assert sender.too_large() == (frozenset(), frozenset({"silent"}))
    scripted.failures = {4: KafkaError(TOO_LARGE)}
    sender.restart()
    for _ in range(3):
        sender.send(outgoing(topic="silent"))
    sender.flush()
    assert sender.too_large() == (frozenset({1}), frozenset()), "sent one by one now, the one at fault is known"


def test_closing_gives_up_what_is_not_sent_and_twice_is_fine(sender: Sender, scripted: Any) -> None:
    sender.close(1)
    sender.close(1)
    assert scripted.calls == ["purge", "flush"]
