"""A header name that is not UTF-8 makes one record unreadable: it comes in its place, with its fault, and spoils no
other.
"""

from collections.abc import Callable

from worker.clients.client import Consumer, Headers, Outgoing, Partition, Place, Record, all_records

NAME = "caf\udce9"  # a surrogate stands for the byte that is no text
WRITTEN = r"caf\xe9"
BAD: list[tuple[str, bytes]] = [("before", b"1"), (NAME, b"2"), ("after", b"3")]
GOOD: list[tuple[str, bytes]] = [("a", b"1")]


def test_every_offset_comes_in_order_and_the_unreadable_ones_with_their_fault(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    write_raw: Callable[..., None],
    new_consumer: Callable[..., Consumer],
    unique_name: Callable[[str], str],
) -> None:
    topic = new_topic(2)
    unreadable = {0, 7, 8, 31, 59}
    headers = [BAD if place in unreadable else GOOD for place in range(60)]
    write_raw(
        *(
            outgoing(topic, str(place).encode(), partition=place % 2, headers=headers[place], timestamp_ms=None)
            for place in range(60)
        )
    )
    consumer = new_consumer(topic, unique_name("group"))
    records, faults = _read(consumer, 60, most=7)
    for number in range(2):
        part = [record for record in records if record.partition == number]
        assert [record.offset for record in part] == list(range(30))
        assert [record.value for record in part] == [str(place).encode() for place in range(number, 60, 2)]
    assert {(place.partition, place.offset) for place in faults} == {(place % 2, place // 2) for place in unreadable}
    assert all("caf\\xe9" in fault and "not UTF-8" in fault for fault in faults.values())
    for record in records:
        bad = Place(record.topic, record.partition, record.offset) in faults
        expected: Headers = [("before", b"1"), (WRITTEN, b"2"), ("after", b"3")] if bad else GOOD
        assert (record.key, list(record.headers), record.timestamp > 0) == (b"a key", expected, True)


def test_an_unreadable_record_can_be_sought_and_read_again(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    write_raw: Callable[..., None],
    new_consumer: Callable[..., Consumer],
    unique_name: Callable[[str], str],
) -> None:
    topic = new_topic(1)
    write_raw(*(outgoing(topic, headers=BAD if place == 2 else GOOD) for place in range(5)))
    consumer = new_consumer(topic, unique_name("group"))
    _read(consumer, 5)
    consumer.seek({Partition(topic, 0): 2})
    records, faults = _read(consumer, 3)
    assert [record.offset for record in records] == [2, 3, 4]
    assert list(faults) == [Place(topic, 0, 2)]
    consumer.rewind()
    records, faults = _read(consumer, 5)
    assert [record.offset for record in records] == [0, 1, 2, 3, 4]
    assert list(faults) == [Place(topic, 0, 2)]


def test_a_topic_that_begins_and_ends_unreadable_is_read_to_its_end_and_on(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    write: Callable[..., None],
    write_raw: Callable[..., None],
    new_consumer: Callable[..., Consumer],
    unique_name: Callable[[str], str],
) -> None:
    topic = new_topic(1)
    write_raw(outgoing(topic, b"0", headers=BAD))
    consumer = new_consumer(topic, unique_name("group"))
    _read(consumer, 1)
    assert not consumer.poll(0.2, 10).records
    write(outgoing(topic, b"1"))
    (record,), faults = _read(consumer, 1)
    assert (record.offset, record.value, faults) == (1, b"1", {})


def _read(consumer: Consumer, count: int, most: int = 100) -> tuple[list[Record], dict[Place, str]]:
    """Poll until that many records have come."""
    records: list[Record] = []
    faults: dict[Place, str] = {}
    for _ in range(300):
        polled = consumer.poll(0.2, most)
        found = list(all_records(polled))
        assert len(found) <= most
        records += found
        faults |= polled.faults
        if len(records) >= count:
            break
    assert len(records) == count
    return records, faults
