"""Records and offsets of a transaction become visible together, or not at all."""

from collections.abc import Callable

from worker.batch import Batch
from worker.clients.client import Consumer, Outgoing, Partition, Producer, Reader, Record

NewConsumer = Callable[..., Consumer]
PollBatch = Callable[[Consumer, int], Batch]
Poll = Callable[[Consumer, int], list[Record]]


def test_a_commit_shows_records_and_offsets_together(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    write: Callable[..., None],
    new_consumer: NewConsumer,
    new_producer: Callable[[str], Producer],
    new_reader: Callable[..., Reader],
    poll_batch: PollBatch,
    poll_records: Poll,
    everything: Callable[[str], list[Record]],
    unique_name: Callable[[str], str],
) -> None:
    rides, predictions, group = new_topic(1), new_topic(1), unique_name("group")
    write(*(outgoing(rides, str(number).encode()) for number in range(10)))
    consumer = new_consumer(rides, group)
    batch = poll_batch(consumer, 4)
    reader = new_reader(predictions)
    producer = new_producer(unique_name("slot"))
    producer.begin()
    producer.send(outgoing(predictions, b"prediction"))
    producer.flush()
    producer.send_offsets({Partition(rides, 0): 4}, batch.membership)
    assert reader.read(0.3) == [], "flushed and not committed"
    producer.commit()
    assert [record.value for record in everything(predictions)] == [b"prediction"]
    consumer.close(5)
    assert [record.offset for record in poll_records(new_consumer(rides, group), 6)] == [4, 5, 6, 7, 8, 9]


def test_what_is_not_committed_is_never_seen_and_its_offsets_do_not_count(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    write: Callable[..., None],
    new_consumer: NewConsumer,
    new_producer: Callable[[str], Producer],
    poll_batch: PollBatch,
    poll_records: Poll,
    everything: Callable[[str], list[Record]],
    unique_name: Callable[[str], str],
) -> None:
    rides, predictions = new_topic(1), new_topic(1)
    group, slot = unique_name("group"), unique_name("slot")
    write(*(outgoing(rides, str(number).encode()) for number in range(5)))
    consumer = new_consumer(rides, group)
    batch = poll_batch(consumer, 5)
    left_open = new_producer(slot)
    left_open.begin()
    left_open.send(outgoing(predictions, b"never"))
    left_open.flush()
    left_open.send_offsets({Partition(rides, 0): 5}, batch.membership)
    left_open.close(1)
    consumer.close(5)

    successor = new_producer(slot)  # has the broker abort what was open
    assert everything(predictions) == []
    assert [record.offset for record in poll_records(new_consumer(rides, group), 5)] == [0, 1, 2, 3, 4]
    downstream = new_consumer(predictions, unique_name("group"))
    successor.begin()
    successor.send(outgoing(predictions, b"seen"))
    successor.flush()
    successor.commit()
    assert [record.value for record in poll_records(downstream, 1)] == [b"seen"]


def test_one_producer_commits_one_transaction_after_another(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    write: Callable[..., None],
    new_consumer: NewConsumer,
    new_producer: Callable[[str], Producer],
    poll_batch: PollBatch,
    everything: Callable[[str], list[Record]],
    unique_name: Callable[[str], str],
) -> None:
    rides, predictions, group = new_topic(2), new_topic(2), unique_name("group")
    write(*(outgoing(rides, b"ride", partition=number % 2) for number in range(20)))
    consumer, producer = new_consumer(rides, group), new_producer(unique_name("slot"))
    for _ in range(4):
        batch = poll_batch(consumer, 5)
        producer.begin()
        for record in batch.records:
            source = f"{record.partition}-{record.offset}".encode()
            producer.send(outgoing(predictions, source, partition=record.partition))
        producer.flush()
        producer.send_offsets(batch.next_offsets, batch.membership)
        producer.commit()
    found = [record.value for record in everything(predictions)]
    assert sorted(found) == sorted(f"{number % 2}-{number // 2}".encode() for number in range(20))


def test_seeking_back_gives_the_same_records_again(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    write: Callable[..., None],
    new_consumer: NewConsumer,
    poll_records: Poll,
    unique_name: Callable[[str], str],
) -> None:
    topic = new_topic(1)
    write(*(outgoing(topic, str(number).encode()) for number in range(6)))
    consumer = new_consumer(topic, unique_name("group"))
    first = poll_records(consumer, 6)
    consumer.seek({Partition(topic, 0): 2})
    again = poll_records(consumer, 4)
    assert [(record.offset, record.value) for record in again] == [(each.offset, each.value) for each in first[2:]]


def test_seeking_a_partition_that_is_not_assigned_is_passed_over(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    write: Callable[..., None],
    new_consumer: NewConsumer,
    poll_records: Poll,
    unique_name: Callable[[str], str],
) -> None:
    topic = new_topic(1)
    write(outgoing(topic, b"one"), outgoing(topic, b"two"))
    consumer = new_consumer(topic, unique_name("group"))
    poll_records(consumer, 2)
    consumer.seek({Partition(topic, 7): 0, Partition("elsewhere", 0): 3, Partition(topic, 0): 1})
    assert [record.value for record in poll_records(consumer, 1)] == [b"two"], "the one that is assigned is sought"
