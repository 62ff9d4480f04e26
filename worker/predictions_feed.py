"""Predictions and dead letters as they come on their topics, read committed, for people and pipes."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from scoring.prediction import Prediction, decode_prediction
from worker.clients.client import Reader, Record
from worker.dead_letter import REASON_HEADER, SOURCE_HEADER, header

_POLL_SECONDS = 0.5
_SHOWN_BYTES = 200


@dataclass(frozen=True, slots=True)
class FedPrediction:
    """A prediction and where its ride was: `topic-partition-offset`."""

    prediction: Prediction
    source: str


@dataclass(frozen=True, slots=True)
class FedDeadLetter:
    """A dead letter, in words.

    Attributes:
        place: its own topic-partition-offset.
        source: its ride's.
        reason: why.
        error: the error's class.
        message: what was wrong.
        value: the first 200 bytes of the ride as text.
    """

    place: str
    source: str
    reason: str
    error: str
    message: str
    value: str


def records(reader: Reader, *, to_end: bool, stopping: Callable[[], bool] = lambda: False) -> Iterator[Record]:
    """Records as they come.

    Args:
        reader: to read from.
        to_end: stop at what was the end when the reader was opened, instead of waiting for more.
        stopping: asked between polls.
    """
    while not stopping():
        yield from reader.read(_POLL_SECONDS)
        if to_end and reader.at_end():
            return


def fed_prediction(record: Record) -> FedPrediction | None:
    """A record of the predictions topic; None where somebody else wrote something else there."""
    try:
        return FedPrediction(decode_prediction(record.value or b""), header(record.headers, SOURCE_HEADER))
    except msgspec.DecodeError:
        return None


@dataclass(frozen=True, slots=True)
class WholeDeadLetter:
    """A dead letter with all that it carries; bytes that are no text are in base64, and named so."""

    place: str
    source: str
    reason: str
    message: str
    timestamp_ms: int
    key: str | None
    value: str | None
    base64: list[str]
    headers: list[tuple[str, str | None]]


def whole_dead_letter(record: Record) -> WholeDeadLetter:
    """A record of the dead-letter topic, whole."""
    short = fed_dead_letter(record)
    encoded: list[str] = []
    key, value = _text("key", record.key, encoded), _text("value", record.value, encoded)
    headers = [(name, _text(f"header {name}", content, encoded)) for name, content in record.headers]
    return WholeDeadLetter(
        short.place, short.source, short.reason, short.message, record.timestamp, key, value, encoded, headers
    )


def _text(name: str, content: bytes | None, encoded: list[str]) -> str | None:
    if content is None:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        encoded.append(name)
        return base64.b64encode(content).decode()


def fed_dead_letter(record: Record) -> FedDeadLetter:
    """A record of the dead-letter topic."""
    connect = {name: header(record.headers, f"__connect.errors.{name}") for name in ("topic", "partition", "offset")}
    return FedDeadLetter(
        f"{record.topic}-{record.partition}-{record.offset}",
        "-".join(connect.values()),
        header(record.headers, REASON_HEADER),
        header(record.headers, "__connect.errors.exception.class.name"),
        header(record.headers, "__connect.errors.exception.message"),
        (record.value or b"")[:_SHOWN_BYTES].decode("utf-8", "replace"),
    )
