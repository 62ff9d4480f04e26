"""The client protocol on the broker in memory: one process, nothing kept."""

import itertools
import time
from collections.abc import Callable, Collection, Mapping, Sequence

from scoring.errors import BrokerError, RecordsTooLarge, TransactionLost
from worker.clients.client import (
    GroupOffset,
    Membership,
    Outgoing,
    Partition,
    Place,
    Polled,
    Record,
    TopicPlan,
    record_bytes,
)
from worker.clients.memory_broker import MemoryBroker, MemoryRecord
from worker.clients.refused_topic import refused_topic

_WAIT_SECONDS = 0.005


class MemoryConsumer:
    """A group member."""

    _names = itertools.count()

    def __init__(self, broker: MemoryBroker, topic: str, group: str, on_rebalance: Callable[[], None]) -> None:
        self._broker = broker
        self._group = group
        self._member = f"member-{next(self._names)}"
        self._on_rebalance = on_rebalance
        self._generation = 0
        self._positions: dict[Partition, int] = {}
        broker.join(group, topic, self._member)

    def poll(self, timeout_seconds: float, max_records: int) -> Polled:
        """Wait for records; rebalances happen in here and nowhere else."""
        ends = time.monotonic() + timeout_seconds
        while True:
            self._rejoin()
            found: dict[Partition, list[MemoryRecord]] = {}
            left = max_records
            for partition, position in self._positions.items():
                records = self._broker.read(partition, position, left)
                if records:
                    found[partition] = records
                    left -= len(records)
                    self._positions[partition] = records[-1].offset + 1
                if not left:
                    break
            if found or time.monotonic() >= ends:
                every = itertools.chain.from_iterable(found.values())
                faults = {Place(each.topic, each.partition, each.offset): each.fault for each in every if each.fault}
                return Polled(found, Membership(self._group, self._generation, self._member), faults)
            time.sleep(min(_WAIT_SECONDS, max(0.0, ends - time.monotonic())))

    def _rejoin(self) -> None:
        generation, partitions = self._broker.assigned(self._group, self._member)
        if generation != self._generation:
            self._generation = generation
            self._positions = {each: self._broker.committed(self._group, each) for each in partitions}
            self._on_rebalance()

    def seek(self, positions: Mapping[Partition, int]) -> None:
        """Read on from these offsets; partitions that are not assigned any more are passed over."""
        self._positions.update({each: offset for each, offset in positions.items() if each in self._positions})

    def rewind(self) -> None:
        """Read every assigned partition on from the group's committed offset, or its beginning where there is none."""
        self._positions = {each: self._broker.committed(self._group, each) for each in self._positions}

    def assignment(self) -> frozenset[Partition]:
        """The partitions that this member has."""
        return frozenset(self._positions)

    def end_offsets(self, partitions: Collection[Partition]) -> Mapping[Partition, int]:
        """The end of each partition."""
        return {each: self._broker.end(each) for each in partitions if each in self._positions}

    def close(self, timeout_seconds: float) -> None:  # noqa: ARG002  # nothing here takes time
        """Leave the group; commits nothing."""
        self._broker.leave(self._group, self._member)


class MemoryProducer:
    """A transactional producer."""

    def __init__(self, broker: MemoryBroker, transactional_id: str) -> None:
        self._broker = broker
        self._id = transactional_id
        self._epoch = broker.next_epoch(transactional_id)
        self._records: list[Outgoing] | None = None
        self._offsets: tuple[Mapping[Partition, int], Membership] | None = None

    def begin(self) -> None:
        """Start a transaction."""
        self._broker.refuse_fenced(self._id, self._epoch)
        if self._records is not None:
            raise TransactionLost("a transaction is open already")
        self._records, self._offsets = [], None

    def send_all(self, records: Sequence[Outgoing]) -> None:
        """Add records to it."""
        for record in records:
            self.send(record)

    def send(self, record: Outgoing) -> None:
        """Add a record to it; delivery is known after :meth:`flush`."""
        self._open().append(record)

    def flush(self) -> None:
        """Judge every record."""
        self._broker.refuse_fenced(self._id, self._epoch)
        records = self._open()
        for record in records:
            self._broker.refuse_unknown(record)
        most = self._broker.max_record_bytes
        too_large = frozenset(place for place, record in enumerate(records) if record_bytes(record) > most)
        if too_large:
            raise RecordsTooLarge(too_large)

    def send_offsets(self, offsets: Mapping[Partition, int], membership: Membership) -> None:
        """Add the group's next offsets to the transaction."""
        self._open()
        self._offsets = (dict(offsets), membership)

    def commit(self) -> None:
        """Make all of it visible at once."""
        records, offsets = self._open(), self._offsets

        def commit() -> None:
            self._broker.refuse_fenced(self._id, self._epoch)
            if offsets is not None:
                self._broker.commit(offsets[1], offsets[0])

        self._broker.append(records, commit)
        self._records = None

    def close(self, timeout_seconds: float) -> None:  # noqa: ARG002  # nothing here takes time
        """Give up whatever is open."""
        self._records = None

    def _open(self) -> list[Outgoing]:
        if self._records is None:
            raise TransactionLost("no transaction is open")
        return self._records


class MemoryWriter:
    """A plain producer."""

    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker

    def write(self, record: Outgoing) -> None:
        """Write a record at once."""
        if not self._broker.partitions(record.topic):
            raise BrokerError(f"there is no topic {record.topic}")
        self._broker.append([record])

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""


class MemoryReader:
    """Reads every partition of a topic."""

    def __init__(self, broker: MemoryBroker, topic: str, *, from_beginning: bool) -> None:
        if not broker.partitions(topic):
            raise BrokerError(f"there is no topic {topic}; make it: ridescore topics create")
        self._broker = broker
        self._ends = {each: broker.end(each) for each in broker.partitions(topic)}
        self._positions = {each: 0 if from_beginning else end for each, end in self._ends.items()}

    def read(self, timeout_seconds: float) -> list[Record]:
        """Some more records, in offset order within a partition; empty after the timeout."""
        ends = time.monotonic() + timeout_seconds
        while True:
            found: list[Record] = []
            for partition, position in self._positions.items():
                records = self._broker.read(partition, position, 10_000)
                self._positions[partition] += len(records)
                found += records
            if found or time.monotonic() >= ends:
                return found
            time.sleep(_WAIT_SECONDS)

    def at_end(self) -> bool:
        """Whether everything that was there when it was opened has been read."""
        return all(self._positions[each] >= end for each, end in self._ends.items())

    def close(self) -> None:
        """Nothing is open."""


class MemoryClient:
    """See :class:`worker.clients.client.Client`."""

    def __init__(
        self, broker: MemoryBroker, input_topic: str, group: str, on_rebalance: Callable[[], None] = lambda: None
    ) -> None:
        self._broker = broker
        self._input_topic = input_topic
        self._group = group
        self._on_rebalance = on_rebalance

    def consumer(self, instance: str = "") -> MemoryConsumer:  # noqa: ARG002  # all members here are dynamic
        """A new member of the worker's group."""
        return MemoryConsumer(self._broker, self._input_topic, self._group, self._on_rebalance)

    def producer(self, transactional_id: str) -> MemoryProducer:
        """A producer that fences its predecessor."""
        return MemoryProducer(self._broker, transactional_id)

    def writer(self) -> MemoryWriter:
        """A plain producer."""
        return MemoryWriter(self._broker)

    def reader(self, topic: str, *, from_beginning: bool) -> MemoryReader:
        """Reads every partition of a topic."""
        return MemoryReader(self._broker, topic, from_beginning=from_beginning)

    def partition_counts(self, topics: Collection[str]) -> Mapping[str, int]:
        """How many partitions each topic has; topics that do not exist are left out."""
        counts = {topic: len(self._broker.partitions(topic)) for topic in topics}
        return {topic: count for topic, count in counts.items() if count}

    def group_offsets(self) -> Mapping[Partition, GroupOffset]:
        """How far the worker's group has come in the input topic; empty without such a topic."""
        return {
            each: GroupOffset(self._broker.committed_or_none(self._group, each), self._broker.end(each))
            for each in self._broker.partitions(self._input_topic)
        }

    def create_topics(self, plans: Collection[TopicPlan]) -> Mapping[str, bool]:
        """Make topics; whether each was made, False where it existed."""
        made = {}
        for plan in plans:
            if plan.replication > 1:
                raise refused_topic(plan, "", too_few_brokers=True)
            made[plan.name] = self._broker.create(plan.name, plan.partitions)
        return made

    def delete_topics(self, topics: Collection[str]) -> None:
        """Delete topics and all that is in them; those that do not exist are passed over."""
        for topic in topics:
            self._broker.delete(topic)
