"""Records out of confluent-kafka's messages: each message is touched once, as this is the cost of a fast topic."""

from collections.abc import Iterable
from operator import methodcaller
from typing import NamedTuple

from confluent_kafka import KafkaError, Message

from worker.clients.client import Place


class ConfluentRecord(NamedTuple):
    """A record as it was read."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


_new = tuple.__new__  # half the time of the class's own constructor


# Where a name is not UTF-8, confluent-kafka gives a result and leaves an exception set as well. The interpreter's own
# way of calling a method does not look for that once it has been optimised, and whatever is called next would fail.
_headers_of = methodcaller("headers")


class Split(NamedTuple):
    """Messages, sorted.

    Attributes:
        parts: records by topic and partition, each in the order they came.
        errors: messages that are errors instead.
        headless: where records stand that have headers which cannot be read.
    """

    parts: dict[tuple[str, int], list[ConfluentRecord]]
    errors: list[Message]
    headless: list[Place]


def split(messages: Iterable[Message]) -> Split:
    """Sort messages into records, errors and what confluent-kafka cannot read whole."""
    headless: list[Place] = []
    parts: dict[tuple[str, int], list[ConfluentRecord]] = {}
    errors: list[Message] = []
    topic, partition, part = "", -1, []  # messages come in runs of one partition
    for message in messages:
        if message.error() is not None:
            errors.append(message)
            continue
        number = message.partition()
        if number != partition or message.topic() != topic:
            topic, partition = message.topic() or "", -1 if number is None else number
            part = parts.setdefault((topic, partition), [])
        try:
            headers = _headers_of(message) or []
        except (SystemError, UnicodeDecodeError):
            headers = []  # a name that is not UTF-8: confluent-kafka gives no header of such a record
            headless.append(Place(topic, partition, message.offset() or 0))
        record = (
            topic,
            partition,
            message.offset(),
            message.timestamp()[1],
            message.key(),
            message.value(),
            headers,
        )
        part.append(_new(ConfluentRecord, record))
    return Split(parts, errors, headless)


def is_of_parsing(error: KafkaError) -> bool:
    """Whether librdkafka could not parse what stands at an offset; it tries that again and again."""
    return error.code() in _PARSING


def is_passing(error: KafkaError) -> bool:
    """Whether librdkafka gets over an error by itself; it then tells it only for the sake of a log."""
    return error.retriable() or error.code() in _PASSING


_PASSING = frozenset(
    {
        KafkaError._PARTITION_EOF,
        KafkaError._TRANSPORT,
        KafkaError._TIMED_OUT,
        KafkaError._RESOLVE,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._MAX_POLL_EXCEEDED,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.NOT_COORDINATOR,
    }
)

_PARSING = frozenset(
    {
        KafkaError._BAD_MSG,
        KafkaError._BAD_COMPRESSION,
        KafkaError._UNDERFLOW,
        KafkaError._NOT_IMPLEMENTED,  # of a batch's format: it takes the inside of a broken one for the next
    }
)
