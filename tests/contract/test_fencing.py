"""A slot has one producer: the next one under the same id fences the one before."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from scoring.errors import Fenced
from worker.batch import Batch
from worker.clients.client import Consumer, Outgoing, Partition, Producer, Record


def test_a_successor_fences_a_producer_between_transactions(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    new_producer: Callable[[str], Producer],
    everything: Callable[[str], list[Record]],
    unique_name: Callable[[str], str],
) -> None:
    topic, slot = new_topic(1), unique_name("slot")
    first = new_producer(slot)
    _write(first, outgoing(topic, b"first"))
    second = new_producer(slot)
    with pytest.raises(Fenced, match="another worker has taken"):
        _write(first, outgoing(topic, b"never"))
    _write(second, outgoing(topic, b"second"))
    assert [record.value for record in everything(topic)] == [b"first", b"second"]


def test_a_successor_fences_a_producer_inside_a_transaction(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    new_producer: Callable[[str], Producer],
    everything: Callable[[str], list[Record]],
    unique_name: Callable[[str], str],
) -> None:
    topic, slot = new_topic(1), unique_name("slot")
    first = new_producer(slot)
    first.begin()
    first.send(outgoing(topic, b"never"))
    first.flush()
    second = new_producer(slot)
    with pytest.raises(Fenced, match="another worker has taken"):
        first.commit()
    _write(second, outgoing(topic, b"second"))
    assert [record.value for record in everything(topic)] == [b"second"]


def test_a_fenced_producer_cannot_move_the_groups_offsets(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    write: Callable[..., None],
    new_consumer: Callable[..., Consumer],
    new_producer: Callable[[str], Producer],
    poll_batch: Callable[[Consumer, int], Batch],
    poll_records: Callable[[Consumer, int], list[Record]],
    unique_name: Callable[[str], str],
) -> None:
    rides, group, slot = new_topic(1), unique_name("group"), unique_name("slot")
    write(outgoing(rides, b"ride"))
    consumer = new_consumer(rides, group)
    membership = poll_batch(consumer, 1).membership
    first = new_producer(slot)
    first.begin()
    new_producer(slot)
    with pytest.raises(Fenced):  # at whichever step the client first asks the broker
        _offsets_and_commit(first, {Partition(rides, 0): 1}, membership)
    consumer.close(5)
    assert len(poll_records(new_consumer(rides, group), 1)) == 1


def test_different_slots_do_not_disturb_each_other(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    new_producer: Callable[[str], Producer],
    everything: Callable[[str], list[Record]],
    unique_name: Callable[[str], str],
) -> None:
    topic = new_topic(1)
    one, other = new_producer(unique_name("slot")), new_producer(unique_name("slot"))
    one.begin()
    other.begin()
    one.send(outgoing(topic, b"one"))
    other.send(outgoing(topic, b"other"))
    one.flush()
    other.flush()
    other.commit()
    one.commit()
    assert sorted(record.value or b"" for record in everything(topic)) == [b"one", b"other"]


def test_closing_a_fenced_producer_raises_nothing_and_twice_is_fine(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    new_producer: Callable[[str], Producer],
    everything: Callable[[str], list[Record]],
    unique_name: Callable[[str], str],
) -> None:
    topic, slot = new_topic(1), unique_name("slot")
    first = new_producer(slot)
    new_producer(slot)
    with suppress(Fenced):
        _write(first, outgoing(topic, b"never"))
    first.close(1)
    first.close(1)
    assert everything(topic) == []


def _write(producer: Producer, record: Outgoing) -> None:
    producer.begin()
    producer.send(record)
    producer.flush()
    producer.commit()


def _offsets_and_commit(producer: Producer, offsets: dict[Partition, int], membership: object) -> None:
    producer.flush()
    producer.send_offsets(offsets, membership)
    producer.commit()
