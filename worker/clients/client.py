"""The protocol between the stream door and a Kafka client: as small as exactly-once allows.

Every implementation passes the same contract suite (tests/contract). Errors are ours: BrokerUnavailable,
TransactionLost, RecordsTooLarge, Fenced.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

Headers = Sequence[tuple[str, bytes | None]]


class Partition(NamedTuple):
    """A partition of a topic."""

    topic: str
    number: int


class Record(Protocol):
    """A record as it was read; kafka-python's own records are such."""

    @property
    def topic(self) -> str:
        """Where it was read from."""
        ...

    @property
    def partition(self) -> int:
        """The number of its partition."""
        ...

    @property
    def offset(self) -> int:
        """Its place in its partition."""
        ...

    @property
    def timestamp(self) -> int:
        """Milliseconds since the epoch; negative where it has none."""
        ...

    @property
    def key(self) -> bytes | None:
        """Its key."""
        ...

    @property
    def value(self) -> bytes | None:
        """Its value; None is a tombstone."""
        ...

    @property
    def headers(self) -> Headers:
        """Its headers in their order; names may repeat."""
        ...


class Outgoing(NamedTuple):
    """A record to be written.

    Attributes:
        partition: None lets the client choose by key.
        timestamp_ms: milliseconds since the epoch; None is now.
    """

    topic: str
    partition: int | None
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]
    timestamp_ms: int | None


@dataclass(frozen=True, slots=True)
class Membership:
    """A consumer's place in its group at the time of a poll; what a broker fences zombies by.

    Attributes:
        instance: its static name, where it has one.
        token: the same in the client's own form, for clients that take it back in no other.
    """

    group: str
    generation: int
    member: str
    instance: str | None = None
    token: object = field(default=None, compare=False, repr=False)

    @property
    def joined(self) -> bool:
        """Whether it may commit at all; a consumer that lost its session reports generation -1 or no member."""
        return self.generation >= 1 and bool(self.member)


class Place(NamedTuple):
    """Where a record stands."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll gave: records by partition in offset order, and the membership they were read under.

    Attributes:
        faults: of records among them that cannot be trusted or read whole, what is wrong; they must not be scored.
    """

    records: Mapping[Partition, Sequence[Record]]
    membership: Membership
    faults: Mapping[Place, str] = field(default_factory=dict)


class Consumer(Protocol):
    """A member of the worker's group, reading committed records of the input topic only."""

    def poll(self, timeout_seconds: float, max_records: int) -> Polled:
        """Wait for records; rebalances happen in here and nowhere else.

        Every offset from the position on comes, in order: what cannot be parsed comes as far as it can be read, and
        with its fault.
        """
        ...

    def seek(self, positions: Mapping[Partition, int]) -> None:
        """Read on from these offsets; partitions that are not assigned any more are passed over."""
        ...

    def rewind(self) -> None:
        """Read every assigned partition on from the group's committed offset, or its beginning where there is none.

        Raises BrokerUnavailable where the offsets could not be had; the positions may then be anything.
        """
        ...

    def assignment(self) -> frozenset[Partition]:
        """The partitions that this member has."""
        ...

    def end_offsets(self, partitions: Collection[Partition]) -> Mapping[Partition, int]:
        """The end of each partition as of its last fetch, without asking the broker; unknown ones are left out."""
        ...

    def close(self, timeout_seconds: float) -> None:
        """Leave the group; commits nothing."""
        ...


class Producer(Protocol):
    """A transactional producer. After any error it is closed and never used again."""

    def begin(self) -> None:
        """Start a transaction."""
        ...

    def send(self, record: Outgoing) -> None:
        """Add a record to it; delivery is known after :meth:`flush`."""
        ...

    def send_all(self, records: Sequence[Outgoing]) -> None:
        """The same for each of them, in their order."""
        ...

    def flush(self) -> None:
        """Wait until a broker has every record.

        Raises:
            RecordsTooLarge: some can never be taken.
            TransactionLost: some were not taken.
        """
        ...

    def send_offsets(self, offsets: Mapping[Partition, int], membership: Membership) -> None:
        """Add the group's next offsets to the transaction."""
        ...

    def commit(self) -> None:
        """Make all of it visible at once."""
        ...

    def close(self, timeout_seconds: float) -> None:
        """Give up whatever is open; the next producer of this slot has the broker abort it."""
        ...


class Writer(Protocol):
    """A plain producer: acknowledged by all replicas, without transactions."""

    def write(self, record: Outgoing) -> None:
        """Add a record; blocks where too many are on their way."""
        ...

    def flush(self) -> None:
        """Wait until a broker has every record; BrokerUnavailable where one was not taken."""
        ...

    def close(self) -> None:
        """Close without waiting for more than what is on its way."""
        ...


class Reader(Protocol):
    """Reads whole topics without a group: committed records only."""

    def read(self, timeout_seconds: float) -> list[Record]:
        """Some more records, in offset order within a partition; empty after the timeout."""
        ...

    def at_end(self) -> bool:
        """Whether everything that was there when it was opened has been read."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


class GroupOffset(NamedTuple):
    """How far a group has come in a partition.

    Attributes:
        committed: its next offset; None where it has committed none.
        end: the offset after the last committed record.
    """

    committed: int | None
    end: int

    @property
    def lag(self) -> int:
        """Records still to be read; all of them where nothing is committed."""
        return max(0, self.end - (self.committed or 0))


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """A topic to be made."""

    name: str
    partitions: int
    replication: int
    configuration: Mapping[str, str]


class Client(Protocol):
    """Makes all of the above for one broker."""

    def consumer(self, instance: str = "") -> Consumer:
        """A new member of the worker's group; with an instance name it is a static one, which may restart unnoticed."""
        ...

    def producer(self, transactional_id: str) -> Producer:
        """A producer whose predecessor's open transaction, under the same id, has been aborted."""
        ...

    def writer(self) -> Writer:
        """A plain producer."""
        ...

    def reader(self, topic: str, *, from_beginning: bool) -> Reader:
        """Reads every partition of a topic."""
        ...

    def partition_counts(self, topics: Collection[str]) -> Mapping[str, int]:
        """How many partitions each topic has; topics that do not exist are left out."""
        ...

    def group_offsets(self) -> Mapping[Partition, GroupOffset]:
        """How far the worker's group has come in the input topic, without joining it; empty without such a topic."""
        ...

    def create_topics(self, plans: Collection[TopicPlan]) -> Mapping[str, bool]:
        """Make topics; whether each was made, False where it existed."""
        ...

    def delete_topics(self, topics: Collection[str]) -> None:
        """Delete topics and all that is in them; those that do not exist are passed over."""
        ...


def all_records(polled: Polled) -> Iterator[Record]:
    """The records of a poll, partition by partition."""
    for records in polled.records.values():
        yield from records


def record_bytes(record: Outgoing) -> int:
    """The bytes of a record's key, value and headers, without what encodes their lengths."""
    headers_bytes = sum([len(name) + len(value) for name, value in record.headers])
    return len(record.value or b"") + len(record.key or b"") + headers_bytes
