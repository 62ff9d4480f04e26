"""Dead letters: rides that cannot be scored, kept whole, with where they were, what is wrong and why.

Header names are Kafka Connect's (KIP-298), so that its users' tools read ours.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from scoring.errors import InvalidRide, ModelFailed, RidescoreError, UndecodableRide
from worker.clients.client import Headers, Outgoing, Record

SOURCE_HEADER: Final = "ridescore.source"
VERSION_HEADER: Final = "ridescore.model-version"
REASON_HEADER: Final = "ridescore.reason"
NULL_HEADERS_HEADER: Final = "ridescore.null-headers"
_CONNECT: Final = "__connect.errors."
_OURS: Final = ("ridescore.", _CONNECT)
_MESSAGE_CHARACTERS: Final = 1_000


class Reason(StrEnum):
    """Why a ride became a dead letter."""

    UNDECODABLE = "undecodable"
    INVALID_RIDE = "invalid-ride"
    TOMBSTONE = "tombstone"
    TOO_LARGE = "too-large"
    MODEL_FAILED = "model-failed"


_STAGES: Final = {
    Reason.UNDECODABLE: "VALUE_CONVERTER",
    Reason.INVALID_RIDE: "VALUE_CONVERTER",
    Reason.TOMBSTONE: "VALUE_CONVERTER",
    Reason.TOO_LARGE: "TASK_PUT",
    Reason.MODEL_FAILED: "TRANSFORMATION",
}


class UnreadableRecord(RidescoreError):
    """The client could not parse the record: its batch's checksum is wrong, or a header's name is not UTF-8."""


class Tombstone(RidescoreError):
    """The record has no value."""


class TooLarge(RidescoreError):
    """The prediction, with the headers it copies, is larger than the broker takes."""


def reason_of(error: RidescoreError) -> Reason:
    """The reason that an error stands for."""
    match error:
        case UndecodableRide() | UnreadableRecord():
            return Reason.UNDECODABLE
        case InvalidRide():
            return Reason.INVALID_RIDE
        case Tombstone():
            return Reason.TOMBSTONE
        case TooLarge():
            return Reason.TOO_LARGE
        case ModelFailed():
            return Reason.MODEL_FAILED
        case _:
            raise error


def dead_letter(record: Record, error: RidescoreError, topic: str) -> Outgoing:
    """Make the dead letter of a record: original key, value, headers and timestamp, and six headers of ours.

    Args:
        record: as it was read.
        error: what is wrong with it.
        topic: of dead letters; the client chooses the partition by the key, as that topic may have fewer.
    """
    reason = reason_of(error)
    headers = copied_headers(record.headers)
    headers += [
        (f"{_CONNECT}topic", record.topic.encode()),
        (f"{_CONNECT}partition", str(record.partition).encode()),
        (f"{_CONNECT}offset", str(record.offset).encode()),
        (f"{_CONNECT}stage", _stage(error, reason).encode()),
        (f"{_CONNECT}exception.class.name", type(error).__name__.encode()),
        (f"{_CONNECT}exception.message", str(error)[:_MESSAGE_CHARACTERS].encode("utf-8", "replace")),
        (REASON_HEADER, reason.value.encode()),
    ]
    # kafka-python cannot send a record without both key and value; the reason still says that there was none.
    value = b"" if record.value is None and record.key is None else record.value
    return Outgoing(topic, None, record.key, value, headers, timestamp_of(record))


def _stage(error: RidescoreError, reason: Reason) -> str:
    return "KAFKA_CONSUME" if isinstance(error, UnreadableRecord) else _STAGES[reason]


def copied_headers(headers: Headers) -> list[tuple[str, bytes]]:
    """The input's headers without those of an earlier pass of ours; kafka-python cannot send a null one, so that
    becomes empty and is named in a header of its own.
    """
    copied = [(name, value) for name, value in headers if not name.startswith(_OURS)]
    nulls = [name for name, value in copied if value is None]
    kept = [(name, value or b"") for name, value in copied]
    return [*kept, (NULL_HEADERS_HEADER, ",".join(nulls).encode())] if nulls else kept


def timestamp_of(record: Record) -> int | None:
    """The record's time in milliseconds, or None where it has none."""
    return record.timestamp if record.timestamp >= 0 else None


def header(headers: Iterable[tuple[str, bytes | None]], name: str) -> str:
    """The last value of a header as text; empty where there is none."""
    found = [value for key, value in headers if key == name and value is not None]
    return found[-1].decode("utf-8", "replace") if found else ""
