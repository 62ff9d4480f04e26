"""Messages become records, split by partition in their order."""

from typing import Any

import pytest
from confluent_kafka import KafkaError

from worker.clients.client import Place
from worker.clients.confluent.records import ConfluentRecord, is_passing, split


def test_a_record_has_what_its_message_has(message: Any) -> None:
    headers = [("a", b"1"), ("a", None)]
    parts, errors, headless = split(
        [message(offset=5, partition=2, timestamp=99, key=None, value=b"", headers=headers)]
    )
    assert parts == {("rides", 2): [ConfluentRecord("rides", 2, 5, 99, None, b"", headers)]}
    assert errors == []
    assert headless == []


def test_partitions_and_topics_are_told_apart_whatever_their_order(message: Any) -> None:
    places = [("rides", 0, 1), ("rides", 1, 1), ("rides", 0, 2), ("other", 0, 7), ("other", 1, 8), ("rides", 0, 3)]
    parts, _, _ = split([message(topic=topic, partition=number, offset=offset) for topic, number, offset in places])
    assert {place: [record.offset for record in part] for place, part in parts.items()} == {
        ("rides", 0): [1, 2, 3],
        ("rides", 1): [1],
        ("other", 0): [7],
        ("other", 1): [8],
    }
    assert all((record.topic, record.partition) == place for place, part in parts.items() for record in part)


def test_errors_among_messages_are_kept_apart(message: Any) -> None:
    bad = message(error=KafkaError(KafkaError._BAD_MSG))
    parts, errors, _ = split([message(offset=1), bad, message(offset=2)])
    assert [record.offset for record in parts["rides", 0]] == [1, 2]
    assert errors == [bad]


@pytest.mark.parametrize("error", [SystemError("headers"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad")], ids=repr)
def test_a_record_whose_headers_cannot_be_read_is_told(error: Exception, message: Any) -> None:
    parts, _, headless = split([message(offset=1, headers=error), message(offset=2)])
    assert [(record.offset, record.value, record.headers) for record in parts["rides", 0]] == [
        (1, b"v", []),
        (2, b"v", []),
    ]
    assert headless == [Place("rides", 0, 1)]


def test_what_librdkafka_gets_over_is_told_from_what_it_does_not() -> None:
    assert all(is_passing(KafkaError(code)) for code in (KafkaError._TRANSPORT, KafkaError._PARTITION_EOF))
    assert is_passing(KafkaError(KafkaError._FAIL, "again", retriable=True))
    assert not any(is_passing(KafkaError(code)) for code in (KafkaError._BAD_MSG, KafkaError.FENCED_INSTANCE_ID))
