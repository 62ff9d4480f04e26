"""A member of the group on librdkafka: rebalances come among records, and none of them may be mistaken."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import OFFSET_BEGINNING, KafkaError, KafkaException, TopicPartition

from scoring.errors import BrokerError, BrokerUnavailable, Fenced
from worker.clients.client import Partition
from worker.clients.confluent.consumer import ConfluentConsumer

from .conftest import ONE, ZERO, assign, revoke


def test_records_come_with_the_membership_they_were_read_under(
    consumer: ConfluentConsumer, theirs: Any, message: Any
) -> None:
    theirs.script = [[message(5), message(8, partition=1), message(6)]]
    polled = consumer.poll(0.5, 10)
    assert {place: [record.offset for record in part] for place, part in polled.records.items()} == {
        ZERO: [5, 6],
        ONE: [8],
    }
    assert (polled.membership.generation, polled.membership.member) == (3, "member")
    assert polled.membership.token == theirs.consumer_group_metadata()
    assert theirs.asked == [(10, 0)], "what is here is taken without waiting"


def test_it_waits_for_a_first_record_and_then_hardly_for_others(
    consumer: ConfluentConsumer, theirs: Any, message: Any
) -> None:
    theirs.script = [[], [message(5)], [message(6)]]
    polled = consumer.poll(0.5, 10)
    assert [record.offset for record in polled.records[ZERO]] == [5, 6]
    (first, wait, rest) = theirs.asked
    assert (first, wait) == ((10, 0), (1, 0.5))
    assert rest[0] == 9
    assert rest[1] < 0.05


def test_a_poll_without_time_does_not_wait(consumer: ConfluentConsumer, theirs: Any) -> None:
    assert not consumer.poll(0, 10).records
    assert theirs.asked == [(10, 0)]


def test_records_among_a_rebalance_are_given_back(
    consumer: ConfluentConsumer, theirs: Any, message: Any, rebalances: list[str]
) -> None:
    theirs.script = [lambda: [message(5), message(6), *revoke(theirs, ONE), message(9, partition=1)]]
    polled = consumer.poll(0.5, 10)
    assert polled.records == {}
    assert not polled.membership.joined, "so that a batch that has begun is given back too"
    assert theirs.sought == [("rides", 0, 5)], "the committed offset; what went to another is not sought"
    assert consumer.assignment() == {ZERO}
    assert rebalances == ["one"]
    theirs.script = [[message(5)]]
    assert consumer.poll(0.5, 10).membership.joined


def test_rewinding_goes_to_committed_offsets_and_else_to_the_beginning(
    consumer: ConfluentConsumer, theirs: Any
) -> None:
    consumer.rewind()
    assert sorted(theirs.sought) == [("rides", 0, 5), ("rides", 1, OFFSET_BEGINNING)]


def test_a_lost_session_takes_all_partitions(consumer: ConfluentConsumer, theirs: Any, rebalances: list[str]) -> None:
    def lose() -> list[Any]:
        theirs.lose(theirs, [TopicPartition(*ZERO), TopicPartition(*ONE)])
        theirs.generation = -1
        return []

    theirs.script = [lose]
    assert not consumer.poll(0, 10).membership.joined
    assert consumer.assignment() == frozenset()
    assert rebalances == ["one"]
    assert not consumer.poll(0, 10).membership.joined, "until it has joined again"


def test_partitions_are_added_by_cooperative_rebalances(consumer: ConfluentConsumer, theirs: Any) -> None:
    theirs.script = [lambda: assign(theirs, Partition("rides", 2))]
    consumer.poll(0, 10)
    assert consumer.assignment() == {ZERO, ONE, Partition("rides", 2)}


@pytest.mark.parametrize(
    ("code", "ours"),
    [
        (KafkaError._FAIL, BrokerError),
        (KafkaError.GROUP_AUTHORIZATION_FAILED, BrokerError),
        (KafkaError.FENCED_INSTANCE_ID, Fenced),
    ],
)
def test_an_error_among_records_loses_none_of_them(
    code: int, ours: type[Exception], consumer: ConfluentConsumer, theirs: Any, message: Any
) -> None:
    theirs.script = [[message(5), message(error=KafkaError(code, "as told")), message(9, partition=1)]]
    with pytest.raises(ours, match="as told"):
        consumer.poll(0.5, 10)
    assert sorted(theirs.sought) == [("rides", 0, 5), ("rides", 1, 9)]


def test_errors_that_pass_are_no_reason_to_stop(consumer: ConfluentConsumer, theirs: Any, message: Any) -> None:
    theirs.script = [[message(5), message(error=KafkaError(KafkaError._TRANSPORT)), message(6)]]
    assert [record.offset for record in consumer.poll(0.5, 10).records[ZERO]] == [5, 6]


def test_seeking_passes_over_what_is_not_assigned_or_not_begun(
    consumer: ConfluentConsumer, theirs: Any, raised: Callable[..., KafkaException]
) -> None:
    consumer.seek({Partition("rides", 7): 1, ZERO: 4})
    assert theirs.sought == [("rides", 0, 4)]
    theirs.seek_error = raised(KafkaError._STATE)
    consumer.seek({ZERO: 4})


def test_end_offsets_are_of_partitions_it_has_and_knows(consumer: ConfluentConsumer) -> None:
    assert consumer.end_offsets([ZERO, ONE, Partition("rides", 7)]) == {ZERO: 10}


def test_closing_is_bounded(consumer: ConfluentConsumer, theirs: Any) -> None:
    stuck, ended = threading.Event(), threading.Event()

    def close() -> None:
        stuck.wait(30)
        ended.set()

    theirs.close = close
    consumer.close(0)
    assert not ended.is_set(), "it goes on in the background"
    stuck.set()
    assert ended.wait(30)


def test_a_member_that_cannot_learn_its_offsets_gives_way_to_a_new_one(
    theirs: Any, message: Any, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """librdkafka may ask in vain for ever after a broker's long silence; a worker must not."""
    second = type(theirs)()
    made = [theirs, second]
    monkeypatch.setattr("worker.clients.confluent.consumer.Consumer", lambda _options: made.pop(0))
    consumer = ConfluentConsumer("rides", "here:9092", {"group.id": "group"}, lambda: None, stored)
    theirs.script = [lambda: assign(theirs, ZERO, ONE)]
    consumer.poll(0, 10)

    def in_vain(_partitions: list[Any], timeout: float) -> list[Any]:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT))

    monkeypatch.setattr(theirs, "committed", in_vain)
    with pytest.raises(BrokerUnavailable, match="read the group's offsets"):
        consumer.rewind()
    assert theirs.closed == 1
    assert consumer.assignment() == frozenset()

    consumer.rewind()  # it has no partitions yet, and will begin where the group is
    second.script = [lambda: assign(second, ZERO), [message(5)]]
    assert not consumer.poll(0, 10).records
    revoke(theirs, ZERO)  # the old one may leave late
    assert consumer.assignment() == {ZERO}
    assert [record.offset for record in consumer.poll(0, 10).records[ZERO]] == [5]
    consumer.close(1)
    assert second.closed == 1


def test_a_denial_that_comes_with_the_partitions_is_told_by_the_next_poll(
    theirs: Any, message: Any, consumer: ConfluentConsumer
) -> None:
    """librdkafka tells it once; a worker that missed it would wait for rides for ever."""
    denied = message(error=KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED, "denied"))
    theirs.script = [lambda: [*assign(theirs, Partition("rides", 2)), denied], []]
    assert not consumer.poll(0, 10).records
    with pytest.raises(BrokerError, match="grant this login READ on the topic of WORKER_INPUT_TOPIC"):
        consumer.poll(0, 10)
