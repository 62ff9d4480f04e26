"""Records that the broker never takes are named, and nothing of their transaction is seen."""

from collections.abc import Callable

import pytest

from scoring.errors import RecordsTooLarge
from worker.clients.client import Outgoing, Producer, Record

SMALL, LARGE = b"x" * 100, b"x" * 50_000


@pytest.mark.parametrize("places", [{0}, {3}, {9}, {2, 7}, {4, 5, 6}], ids=str)
def test_the_large_records_are_named_and_no_other(
    places: set[int],
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    new_producer: Callable[[str], Producer],
    everything: Callable[[str], list[Record]],
    unique_name: Callable[[str], str],
) -> None:
    """All go to one partition, so that small ones travel with large ones. A client may stop at the first that the
    broker refuses; then the next try names another.
    """
    topic, slot = new_topic(1), unique_name("slot")
    named: set[int] = set()
    while named < places:
        producer = new_producer(slot)
        values = [LARGE if place in places - named else SMALL for place in range(10)]
        found = _refused(producer, [outgoing(topic, value) for value in values])
        assert found, "each try names one at least"
        assert found <= places - named
        named |= found
        producer.close(1)
    new_producer(slot)
    assert everything(topic) == []


def test_a_record_that_the_client_itself_refuses_is_named_too(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    new_producer: Callable[[str], Producer],
    everything: Callable[[str], list[Record]],
    unique_name: Callable[[str], str],
) -> None:
    topic, slot = new_topic(2), unique_name("slot")
    producer = new_producer(slot)
    huge = outgoing(topic, b"x" * (20 << 20), partition=1)
    assert _refused(producer, [outgoing(topic, SMALL), huge, outgoing(topic, SMALL)]) == {1}
    producer.close(1)
    new_producer(slot)
    assert everything(topic) == []


def test_headers_count_as_well(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    new_producer: Callable[[str], Producer],
    unique_name: Callable[[str], str],
) -> None:
    topic = new_topic(1)
    records = [outgoing(topic, SMALL, headers=[("copied", LARGE)]), outgoing(topic, SMALL)]
    assert _refused(new_producer(unique_name("slot")), records) == {0}


def test_a_new_producer_of_the_slot_writes_the_rest(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    new_producer: Callable[[str], Producer],
    everything: Callable[[str], list[Record]],
    unique_name: Callable[[str], str],
) -> None:
    topic, slot = new_topic(1), unique_name("slot")
    first = new_producer(slot)
    assert _refused(first, [outgoing(topic, LARGE), outgoing(topic, SMALL)]) == {0}
    first.close(1)
    second = new_producer(slot)
    second.begin()
    second.send(outgoing(topic, SMALL))
    second.flush()
    second.commit()
    assert [record.value for record in everything(topic)] == [SMALL]


def test_many_small_records_that_are_large_together_are_taken(
    new_topic: Callable[..., str],
    outgoing: Callable[..., Outgoing],
    new_producer: Callable[[str], Producer],
    everything: Callable[[str], list[Record]],
    unique_name: Callable[[str], str],
) -> None:
    """A client sends records in batches; a batch above the topic's limit is no fault of any record in it."""
    topic = new_topic(1)
    producer = new_producer(unique_name("slot"))
    values = [f"{number:04}".encode() * 25 for number in range(500)]
    producer.begin()
    for value in values:
        producer.send(outgoing(topic, value))
    producer.flush()
    producer.commit()
    assert [record.value for record in everything(topic)] == values


def _refused(producer: Producer, records: list[Outgoing]) -> frozenset[int]:
    producer.begin()
    for record in records:
        producer.send(record)
    with pytest.raises(RecordsTooLarge) as refused:
        producer.flush()
    return refused.value.places
