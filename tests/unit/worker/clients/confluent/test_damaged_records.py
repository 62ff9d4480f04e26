"""What librdkafka cannot read, or reads again after it lost its way: nothing is given twice, and nothing is lost."""

from typing import Any

import pytest
from confluent_kafka import KafkaError

from scoring.errors import BrokerUnavailable
from worker.clients.confluent.consumer import ConfluentConsumer

from .conftest import ONE, ZERO, revoke


def test_a_broken_batch_comes_in_its_place_and_what_follows_is_read_again(
    consumer: ConfluentConsumer, theirs: Any, message: Any, stored: Any, make_batch: Any
) -> None:
    broken = bytearray(make_batch(6, [(b"k", b"a ride", [])] * 2))
    broken[-3] ^= 1
    stored.content = bytes(broken) + make_batch(8, [(b"k", b"a ride", [])])
    bad = KafkaError(KafkaError._BAD_MSG, "CRC")
    theirs.script = [[message(5)], [message(1 << 60, error=bad), message(8), message(3, partition=1)]]
    consumer.poll(0.5, 10)
    polled = consumer.poll(0.5, 10)
    assert {place: [record.offset for record in part] for place, part in polled.records.items()} == {
        ZERO: [6, 7],
        ONE: [3],
    }
    assert {place.offset for place in polled.faults} == {6, 7}, "whatever offset it names"
    assert theirs.sought == [("rides", 0, 8)]


def test_a_broken_batch_that_begins_before_the_position_gives_nothing_twice(
    consumer: ConfluentConsumer, theirs: Any, message: Any, stored: Any, make_batch: Any
) -> None:
    broken = bytearray(make_batch(4, [(b"k", b"a ride", [])] * 4))
    broken[-3] ^= 1
    stored.content = bytes(broken)
    theirs.script = [[message(4, error=KafkaError(KafkaError._BAD_MSG, "CRC"))]]
    polled = consumer.poll(0.5, 10)
    assert [record.offset for record in polled.records[ZERO]] == [5, 6, 7], "5 is what the group has committed"


def test_a_broken_batch_among_a_rebalance_is_not_forgotten(
    consumer: ConfluentConsumer, theirs: Any, message: Any
) -> None:
    bad = message(6, error=KafkaError(KafkaError._BAD_MSG, "CRC"))
    theirs.script = [lambda: [bad, *revoke(theirs, ONE)]]
    assert consumer.poll(0.5, 10).records == {}
    assert theirs.sought == [("rides", 0, 5)]


def test_a_broken_batch_that_cannot_be_fetched_is_come_back_to(
    consumer: ConfluentConsumer, theirs: Any, message: Any, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_asked: Any) -> Any:
        raise BrokerUnavailable("no broker answers")

    monkeypatch.setattr(type(stored), "__call__", away)
    theirs.script = [[message(5), message(6, error=KafkaError(KafkaError._BAD_MSG, "CRC")), message(9, partition=1)]]
    with pytest.raises(BrokerUnavailable):
        consumer.poll(0.5, 10)
    last = {(topic, partition): offset for topic, partition, offset in theirs.sought}
    assert last == {("rides", 0): 5, ("rides", 1): 9}


def test_headers_that_confluent_kafka_does_not_give_are_fetched(
    consumer: ConfluentConsumer, theirs: Any, message: Any, stored: Any, make_batch: Any
) -> None:
    stored.content = make_batch(5, [(b"k", b"v", [("caf\udce9", b"1")]), (b"k", b"v", [("a", b"1")])])
    theirs.script = [[message(5, headers=SystemError("headers")), message(6)]]
    polled = consumer.poll(0.5, 10)
    assert [list(record.headers) for record in polled.records[ZERO]] == [[("caf\\xe9", b"1")], []]
    assert {place.offset: fault for place, fault in polled.faults.items()} == {
        5: "the header name b'caf\\xe9' is not UTF-8"
    }


def test_headers_that_cannot_be_had_at_all_are_told_and_the_record_is_kept(
    consumer: ConfluentConsumer, theirs: Any, message: Any
) -> None:
    """Deleted meanwhile, or compressed by a codec that only librdkafka has."""
    theirs.script = [[message(5, headers=SystemError("headers")), message(6)]]
    polled = consumer.poll(0.5, 10)
    assert [(record.offset, record.value) for record in polled.records[ZERO]] == [(5, b"v"), (6, b"v")]
    assert [place.offset for place in polled.faults] == [5]


def test_records_from_before_the_position_are_never_given_again(
    consumer: ConfluentConsumer, theirs: Any, message: Any, stored: Any, make_batch: Any
) -> None:
    """librdkafka goes back to the beginning where it has lost its way; what stands there has been scored."""
    stored.content = make_batch(0, [(b"k", b"a ride", [])] * 9)
    theirs.script = [[message(5), message(6)], [message(0), message(1)]]
    consumer.poll(0.5, 10)
    polled = consumer.poll(0.5, 10)
    assert [record.offset for record in polled.records[ZERO]] == [7, 8]
    assert theirs.sought == [("rides", 0, 9)]


def test_what_librdkafka_remembers_of_the_end_does_not_decide_what_is_given_again(
    consumer: ConfluentConsumer, theirs: Any, message: Any, stored: Any, make_batch: Any
) -> None:
    """Where it has lost its way it may have forgotten the end, too."""
    stored.content = make_batch(0, [(b"k", b"a ride", [])] * 9)
    theirs.script = [[message(5, partition=1), message(6, partition=1)], [message(0, partition=1)]]
    consumer.poll(0.5, 10)
    assert consumer.end_offsets([ONE]) == {}
    polled = consumer.poll(0.5, 10)
    assert [record.offset for record in polled.records[ONE]] == [7, 8]


def test_records_that_do_not_rise_are_looked_at_again(
    consumer: ConfluentConsumer, theirs: Any, message: Any, stored: Any, make_batch: Any
) -> None:
    stored.content = make_batch(5, [(b"k", b"a ride", [])] * 4)
    theirs.script = [[message(5), message(6), message(0), message(1)]]
    polled = consumer.poll(0.5, 10)
    assert [record.offset for record in polled.records[ZERO]] == [5, 6, 7, 8]
    assert theirs.sought == [("rides", 0, 9)]


def test_a_log_that_was_cut_shorter_is_read_as_it_is_now(
    consumer: ConfluentConsumer, theirs: Any, message: Any
) -> None:
    theirs.script = [[message(5), message(6)], [message(2), message(3)]]
    consumer.poll(0.5, 10)
    theirs.end = 4
    assert [record.offset for record in consumer.poll(0.5, 10).records[ZERO]] == [2, 3]
    assert theirs.sought == []
