"""Dead letters: the record kept whole, with Kafka Connect's headers and a reason."""

from collections.abc import Callable

import pytest

from scoring.errors import InvalidRide, ModelFailed, RidescoreError, SettingsError, UndecodableRide
from worker.clients.memory_broker import MemoryRecord
from worker.dead_letter import (
    Reason,
    Tombstone,
    TooLarge,
    UnreadableRecord,
    copied_headers,
    dead_letter,
    header,
    reason_of,
    timestamp_of,
)

NewRecord = Callable[..., MemoryRecord]

ERRORS: list[tuple[RidescoreError, str, str, str]] = [
    (UndecodableRide("not UTF-8"), "undecodable", "VALUE_CONVERTER", "UndecodableRide"),
    (UnreadableRecord("a header name"), "undecodable", "KAFKA_CONSUME", "UnreadableRecord"),
    (InvalidRide("trip_distance", "is missing"), "invalid-ride", "VALUE_CONVERTER", "InvalidRide"),
    (Tombstone("no value"), "tombstone", "VALUE_CONVERTER", "Tombstone"),
    (TooLarge("the prediction"), "too-large", "TASK_PUT", "TooLarge"),
    (ModelFailed("the model gave nan"), "model-failed", "TRANSFORMATION", "ModelFailed"),
]


@pytest.mark.parametrize(("error", "reason", "stage", "name"), ERRORS, ids=[row[3] for row in ERRORS])
def test_each_reason_has_its_headers(
    error: RidescoreError, reason: str, stage: str, name: str, record: NewRecord
) -> None:
    letter = dead_letter(record(headers=[("trace", b"1"), ("trace", b"2")]), error, "letters")
    assert letter.headers == [
        ("trace", b"1"),
        ("trace", b"2"),
        ("__connect.errors.topic", b"rides"),
        ("__connect.errors.partition", b"3"),
        ("__connect.errors.offset", b"1042"),
        ("__connect.errors.stage", stage.encode()),
        ("__connect.errors.exception.class.name", name.encode()),
        ("__connect.errors.exception.message", str(error).encode()),
        ("ridescore.reason", reason.encode()),
    ]


def test_every_reason_is_tried_above() -> None:
    assert {row[1] for row in ERRORS} == set(Reason)


def test_key_value_and_time_are_the_records_own(record: NewRecord) -> None:
    letter = dead_letter(record(key=b"\x00\xff", value=b"\xff{", timestamp=123), UndecodableRide("x"), "letters")
    assert (letter.topic, letter.key, letter.value, letter.timestamp_ms) == ("letters", b"\x00\xff", b"\xff{", 123)
    assert letter.partition is None, "the dead-letter topic may have fewer partitions"


def test_a_tombstone_stays_one_unless_it_has_no_key_either(record: NewRecord) -> None:
    """A Kafka client cannot send a record with neither."""
    assert dead_letter(record(value=None), Tombstone("x"), "letters").value is None
    neither = dead_letter(record(key=None, value=None), Tombstone("x"), "letters")
    assert (neither.key, neither.value) == (None, b"")
    assert header(neither.headers, "ridescore.reason") == "tombstone"


def test_an_error_that_is_no_rides_fault_is_raised() -> None:
    with pytest.raises(SettingsError, match="not a ride's fault"):
        reason_of(SettingsError("not a ride's fault"))


@pytest.mark.parametrize("message", ["x" * 5_000, "\ud800 alone", "é" * 2_000], ids=["long", "surrogate", "accents"])
def test_messages_are_bounded_and_always_utf8(message: str, record: NewRecord) -> None:
    letter = dead_letter(record(), UndecodableRide(message), "letters")
    found = header(letter.headers, "__connect.errors.exception.message")
    assert 0 < len(found) <= 1_000
    assert found == message[:1_000].encode("utf-8", "replace").decode()


def test_headers_of_an_earlier_pass_are_not_copied() -> None:
    """A dead letter that is mended and sent again says where it is from now, once."""
    earlier = [
        ("ridescore.source", b"rides-0-1"),
        ("ridescore.reason", b"tombstone"),
        ("__connect.errors.topic", b"rides"),
        ("trace", b"1"),
        ("ridescore", b"not ours"),
    ]
    assert copied_headers(earlier) == [("trace", b"1"), ("ridescore", b"not ours")]


def test_a_null_header_becomes_empty_and_is_named() -> None:
    """A Kafka client cannot send a null one."""
    assert copied_headers([("a", None), ("b", b"1"), ("c", None)]) == [
        ("a", b""),
        ("b", b"1"),
        ("c", b""),
        ("ridescore.null-headers", b"a,c"),
    ]
    assert copied_headers([("a", b"")]) == [("a", b"")]


def test_a_record_without_a_time_gets_none(record: NewRecord) -> None:
    assert timestamp_of(record(timestamp=-1)) is None
    assert timestamp_of(record(timestamp=0)) == 0


def test_the_last_of_repeated_headers_counts() -> None:
    headers = [("a", b"1"), ("a", b"2"), ("b", b"\xff"), ("c", None)]
    assert header(headers, "a") == "2"
    assert header(headers, "b") == "\N{REPLACEMENT CHARACTER}"
    assert header(headers, "c") == ""
    assert header(headers, "d") == ""
