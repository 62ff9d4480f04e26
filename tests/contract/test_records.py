"""Records come back as they were written, in order, and only to those who read committed ones."""

import time
from collections.abc import Callable

import pytest

from scoring.errors import BrokerError
from worker.clients.client import Client, Consumer, Outgoing, Partition, Producer, Reader, Record, TopicPlan

JUST_NOW = int(time.time() * 1000) - 100_000  # of long ago, a broker would delete it for its age
HEADERS = [("trace", b"1"), ("trace", b"2"), ("empty", b""), ("accent é", b"\xff\x00")]


def test_a_record_comes_back_whole(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    write: Callable[..., None],
    everything: Callable[[str], list[Record]],
) -> None:
    topic = new_topic(3)
    write(outgoing(topic, b'{"a": 1}', partition=2, key=b"k\x00\xff", headers=HEADERS, timestamp_ms=JUST_NOW))
    (record,) = everything(topic)
    assert (record.topic, record.partition, record.offset) == (topic, 2, 0)
    assert (record.key, record.value) == (b"k\x00\xff", b'{"a": 1}')
    assert list(record.headers) == HEADERS
    assert record.timestamp == JUST_NOW


def test_a_consumer_sees_the_same_as_a_reader(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    write: Callable[..., None],
    new_consumer: Callable[..., Consumer],
    poll_records: Callable[[Consumer, int], list[Record]],
    unique_name: Callable[[str], str],
) -> None:
    topic = new_topic(1)
    write(outgoing(topic, b"one", headers=HEADERS, timestamp_ms=JUST_NOW), outgoing(topic, b"two", key=None))
    one, two = poll_records(new_consumer(topic, unique_name("group")), 2)
    assert (one.key, one.value, list(one.headers), one.timestamp) == (b"a key", b"one", HEADERS, JUST_NOW)
    assert (two.key, two.value, list(two.headers), two.offset) == (None, b"two", [], 1)
    assert two.timestamp > JUST_NOW, "without a time of its own a record has the time it was written"


def test_a_tombstone_and_an_empty_value_are_told_apart(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    write: Callable[..., None],
    everything: Callable[[str], list[Record]],
) -> None:
    topic = new_topic(1)
    write(outgoing(topic, None, key=b"k"), outgoing(topic, b"", key=b"k"), outgoing(topic, b"", key=b""))
    assert [(record.key, record.value) for record in everything(topic)] == [(b"k", None), (b"k", b""), (b"", b"")]


def test_without_a_partition_the_key_decides(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    write: Callable[..., None],
    everything: Callable[[str], list[Record]],
) -> None:
    topic = new_topic(4)
    keys = [str(number % 20).encode() for number in range(60)]
    write(*(outgoing(topic, b"v", partition=None, key=key) for key in keys))
    places = {(record.key, record.partition) for record in everything(topic)}
    assert len(places) == 20, "each key has one partition"
    assert len({partition for _key, partition in places}) > 1, "and not all keys the same"


def test_polls_keep_the_order_of_offsets_and_the_limit(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    write: Callable[..., None],
    new_consumer: Callable[..., Consumer],
    unique_name: Callable[[str], str],
) -> None:
    topic = new_topic(3)
    write(*(outgoing(topic, str(number).encode(), partition=number % 3) for number in range(300)))
    consumer = new_consumer(topic, unique_name("group"))
    offsets: dict[Partition, list[int]] = {}
    largest = 0
    for _ in range(500):
        polled = consumer.poll(0.2, 7)
        largest = max(largest, sum(len(part) for part in polled.records.values()))
        for partition, part in polled.records.items():
            assert {(record.topic, record.partition) for record in part} == {tuple(partition)}
            offsets.setdefault(partition, []).extend(record.offset for record in part)
        if sum(map(len, offsets.values())) == 300:
            break
    assert offsets == {Partition(topic, number): list(range(100)) for number in range(3)}
    assert largest == 7


def test_a_reader_from_now_sees_only_what_comes(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    write: Callable[..., None],
    new_reader: Callable[..., Reader],
) -> None:
    topic = new_topic(2)
    write(outgoing(topic, b"before", partition=0), outgoing(topic, b"before", partition=1))
    reader = new_reader(topic, from_beginning=False)
    assert reader.at_end()
    assert reader.read(0.2) == []
    write(outgoing(topic, b"after", partition=1))
    assert _first(reader) == [b"after"]
    assert reader.at_end()


def test_a_reader_is_at_the_end_of_what_was_there_when_it_was_opened(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    write: Callable[..., None],
    new_reader: Callable[..., Reader],
) -> None:
    topic = new_topic(1)
    assert new_reader(topic).at_end(), "an empty topic is at its end"
    write(outgoing(topic, b"one"))
    reader = new_reader(topic)
    assert not reader.at_end()
    assert _first(reader) == [b"one"]
    assert reader.at_end()


def test_a_reader_comes_to_the_end_of_a_topic_that_ends_in_transactions(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    new_producer: Callable[[str], Producer],
    everything: Callable[[str], list[Record]],
    unique_name: Callable[[str], str],
) -> None:
    """Kafka marks each commit with a record that nobody sees and that has an offset all the same."""
    topic = new_topic(2)
    producer = new_producer(unique_name("slot"))
    for value in (b"one", b"two"):
        producer.begin()
        producer.send(outgoing(topic, value))
        producer.flush()
        producer.commit()
    assert [record.value for record in everything(topic)] == [b"one", b"two"]


def test_reading_a_topic_that_is_not_there_says_so(
    open_client: Callable[..., Client], unique_name: Callable[[str], str]
) -> None:
    topic = unique_name("nowhere")
    with pytest.raises(BrokerError, match=f"there is no topic {topic}.*ridescore topics create"):
        open_client("none", "none").reader(topic, from_beginning=True)


def _first(reader: Reader) -> list[bytes | None]:
    """The first records that come; the protocol bounds each read."""
    for _ in range(100):
        found = reader.read(0.2)
        if found:
            return [record.value for record in found]
    return []


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_records_compressed_by_any_codec_are_read(
    codec: str,
    open_client: Callable[..., Client],
    outgoing: Callable[..., Outgoing],
    write: Callable[..., None],
    new_consumer: Callable[..., Consumer],
    poll_records: Callable[[Consumer, int], list[Record]],
    unique_name: Callable[[str], str],
) -> None:
    """Who publishes rides chooses the codec; a topic's own has the broker keep them by it, whatever they came in."""
    topic, client = unique_name(f"contract-{codec}"), open_client("none", "none")
    client.create_topics([TopicPlan(topic, 1, 1, {"compression.type": codec})])
    values = [b"ride %d " % number * 50 for number in range(20)]
    write(*(outgoing(topic, value, partition=0, headers=HEADERS) for value in values))
    records = poll_records(new_consumer(topic, unique_name("group")), len(values))
    assert [record.value for record in records] == values
    assert all(list(record.headers) == HEADERS for record in records)
    client.delete_topics([topic])
