"""Members of a group share its partitions, and none commits for a generation that is over."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from scoring.errors import TransactionLost
from worker.batch import Batch
from worker.clients.client import Consumer, Outgoing, Partition, Producer, Record
from worker.transaction import commit_transaction

NewConsumer = Callable[..., Consumer]


def test_the_membership_beside_records_is_joined(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    write: Callable[..., None],
    new_consumer: NewConsumer,
    unique_name: Callable[[str], str],
) -> None:
    topic, group = new_topic(2), unique_name("group")
    write(outgoing(topic, b"ride", partition=0), outgoing(topic, b"ride", partition=1))
    consumer = new_consumer(topic, group)
    polled = next(filter(lambda each: each.records, (consumer.poll(0.5, 10) for _ in range(60))))
    assert polled.membership.joined
    assert polled.membership.group == group
    assert polled.membership.generation >= 1
    assert polled.membership.member
    assert consumer.assignment() == {Partition(topic, 0), Partition(topic, 1)}


def test_a_membership_is_a_copy_that_later_rebalances_do_not_change(
    new_topic: Callable[..., str],
    new_consumer: NewConsumer,
    poll_until: Callable[..., None],
    unique_name: Callable[[str], str],
) -> None:
    topic, group = new_topic(2), unique_name("group")
    first = new_consumer(topic, group)
    poll_until(lambda: len(first.assignment()) == 2, first)
    taken = first.poll(0, 1).membership
    kept = replace(taken)
    second = new_consumer(topic, group)
    poll_until(lambda: len(first.assignment()) == len(second.assignment()) == 1, first, second)
    assert taken == kept
    assert first.poll(0, 1).membership.generation > taken.generation


def test_two_members_split_the_partitions_and_hear_of_each_rebalance(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    write: Callable[..., None],
    new_consumer: NewConsumer,
    poll_until: Callable[..., None],
    poll_records: Callable[[Consumer, int], list[Record]],
    unique_name: Callable[[str], str],
) -> None:
    topic, group = new_topic(4), unique_name("group")
    rebalances: list[str] = []
    first = new_consumer(topic, group, lambda: rebalances.append("first"))
    poll_until(lambda: len(first.assignment()) == 4, first)
    alone = len(rebalances)
    assert alone >= 1
    second = new_consumer(topic, group, lambda: rebalances.append("second"))
    poll_until(lambda: len(first.assignment()) == len(second.assignment()) == 2, first, second)
    assert first.assignment() | second.assignment() == {Partition(topic, number) for number in range(4)}
    poll_until(lambda: rebalances.count("first") > alone and rebalances.count("second") >= 1, first, second)
    assert first.poll(0, 1).membership.generation == second.poll(0, 1).membership.generation

    write(*(outgoing(topic, b"ride", partition=number) for number in range(4)))
    for consumer in (first, second):
        places = {Partition(record.topic, record.partition) for record in poll_records(consumer, 2)}
        assert places == consumer.assignment()

    second.close(5)
    poll_until(lambda: len(first.assignment()) == 4, first)


def test_a_membership_of_before_a_rebalance_cannot_commit(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    write: Callable[..., None],
    new_consumer: NewConsumer,
    new_producer: Callable[[str], Producer],
    poll_batch: Callable[[Consumer, int], Batch],
    poll_records: Callable[[Consumer, int], list[Record]],
    poll_until: Callable[..., None],
    everything: Callable[[str], list[Record]],
    unique_name: Callable[[str], str],
) -> None:
    rides, predictions, group = new_topic(2), new_topic(1), unique_name("group")
    write(outgoing(rides, b"ride", partition=0), outgoing(rides, b"ride", partition=1))
    first = new_consumer(rides, group)
    stale = poll_batch(first, 2).membership
    second = new_consumer(rides, group)
    poll_until(lambda: len(first.assignment()) == len(second.assignment()) == 1, first, second)

    producer = new_producer(unique_name("slot"))
    offsets = {Partition(rides, 0): 1, Partition(rides, 1): 1}
    with pytest.raises(TransactionLost):
        commit_transaction(producer, [outgoing(predictions, b"zombie's")], offsets, stale)
    producer.close(1)
    assert everything(predictions) == []
    first.close(5)
    second.close(5)
    assert len(poll_records(new_consumer(rides, group), 2)) == 2, "the offsets did not count"


@pytest.mark.parametrize("lost", [{"generation": -1}, {"generation": 0}, {"member": ""}], ids=str)
def test_a_consumer_that_lost_its_session_cannot_commit(
    lost: dict[str, object],
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    write: Callable[..., None],
    new_consumer: NewConsumer,
    new_producer: Callable[[str], Producer],
    poll_batch: Callable[[Consumer, int], Batch],
    poll_records: Callable[[Consumer, int], list[Record]],
    everything: Callable[[str], list[Record]],
    unique_name: Callable[[str], str],
) -> None:
    """Kafka itself does not refuse these (it takes them for a commit by hand), so we must."""
    rides, predictions, group = new_topic(1), new_topic(1), unique_name("group")
    write(outgoing(rides, b"ride"))
    consumer = new_consumer(rides, group)
    membership = replace(poll_batch(consumer, 1).membership, **lost)
    producer = new_producer(unique_name("slot"))
    with pytest.raises(TransactionLost, match="had left the group"):
        commit_transaction(producer, [outgoing(predictions, b"zombie's")], {Partition(rides, 0): 1}, membership)
    assert everything(predictions) == []
    consumer.close(5)
    assert len(poll_records(new_consumer(rides, group), 1)) == 1


def test_end_offsets_tell_the_lag(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    write: Callable[..., None],
    new_consumer: NewConsumer,
    poll_records: Callable[[Consumer, int], list[Record]],
    unique_name: Callable[[str], str],
) -> None:
    topic = new_topic(1)
    write(*(outgoing(topic, b"ride") for _ in range(10)))
    consumer = new_consumer(topic, unique_name("group"))
    (last,) = poll_records(consumer, 3)[-1:]
    ends = consumer.end_offsets([Partition(topic, 0), Partition(topic, 9), Partition("elsewhere", 0)])
    assert ends == {Partition(topic, 0): 10}, "what it does not have is left out"
    assert ends[Partition(topic, 0)] - (last.offset + 1) == 7


def test_rewinding_reads_on_from_the_groups_committed_offsets_and_else_from_the_beginning(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    write: Callable[..., None],
    new_consumer: NewConsumer,
    new_producer: Callable[[str], Producer],
    poll_batch: Callable[[Consumer, int], Batch],
    unique_name: Callable[[str], str],
) -> None:
    topic, group = new_topic(2), unique_name("group")
    write(*(outgoing(topic, b"ride", partition=number) for number in (0, 0, 0, 1, 1)))
    consumer = new_consumer(topic, group)
    batch = poll_batch(consumer, 5)
    commit_transaction(new_producer(unique_name("id")), [], {Partition(topic, 0): 2}, batch.membership)
    consumer.rewind()
    again = poll_batch(consumer, 3)
    assert sorted((record.partition, record.offset) for record in again.records) == [(0, 2), (1, 0), (1, 1)]
