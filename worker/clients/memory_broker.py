"""A broker in memory: the least that behaves as Kafka does for the worker, for contract tests and for a demo where no
Kafka can be had. One process, nothing kept; transactions, groups and fencing as the real one shows them.
"""

import threading
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from scoring.errors import Fenced, TransactionLost
from worker.clients.client import Membership, Outgoing, Partition


@dataclass(frozen=True, slots=True)
class MemoryRecord:
    """A record as it is stored."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]
    fault: str = ""


@dataclass(slots=True)
class _Group:
    """Members in the order they joined; each change raises the generation."""

    topic: str
    members: list[str] = field(default_factory=list)
    generation: int = 0
    offsets: dict[Partition, int] = field(default_factory=dict)


class MemoryBroker:
    """Topics, groups and transactional ids, shared by any number of clients of one process.

    Args:
        max_record_bytes: the largest value that is taken.
    """

    def __init__(self, max_record_bytes: int = 1 << 20) -> None:
        self._lock = threading.RLock()
        self._topics: dict[str, list[list[MemoryRecord]]] = {}
        self._groups: dict[str, _Group] = {}
        self._epochs: dict[str, int] = {}
        self.max_record_bytes = max_record_bytes

    def create(self, name: str, partitions: int) -> bool:
        """Make a topic; False where it exists."""
        with self._lock:
            if name in self._topics:
                return False
            self._topics[name] = [[] for _ in range(partitions)]
            return True

    def delete(self, name: str) -> None:
        """Delete a topic, if it exists."""
        with self._lock:
            self._topics.pop(name, None)

    def partitions(self, topic: str) -> list[Partition]:
        """The partitions of a topic; none where it does not exist."""
        return [Partition(topic, number) for number in range(len(self._topics.get(topic, ())))]

    def append(self, records: Iterable[Outgoing], commit: Callable[[], None] = lambda: None) -> None:
        """Make records visible, and whatever `commit` does, at once."""
        with self._lock:
            commit()
            for record in records:
                parts = self._topics[record.topic]
                number = _chosen(record, len(parts))
                moment = int(time.time() * 1000) if record.timestamp_ms is None else record.timestamp_ms
                headers, fault = _as_read(record.headers)
                offset = len(parts[number])
                stored = MemoryRecord(record.topic, number, offset, moment, record.key, record.value, headers, fault)
                parts[number].append(stored)

    def refuse_unknown(self, record: Outgoing) -> None:
        """Raise where a record names a topic or partition that is not there."""
        parts = self._topics.get(record.topic)
        if parts is None or (record.partition is not None and record.partition >= len(parts)):
            raise TransactionLost(f"there is no partition {record.partition} of {record.topic}")

    def read(self, partition: Partition, offset: int, most: int) -> list[MemoryRecord]:
        """Records of a partition from an offset on."""
        with self._lock:
            return self._topics[partition.topic][partition.number][offset : offset + most]

    def end(self, partition: Partition) -> int:
        """The offset of the next record."""
        return len(self._topics[partition.topic][partition.number])

    def join(self, group: str, topic: str, member: str) -> None:
        """Add a member, which starts a new generation."""
        with self._lock:
            found = self._groups.setdefault(group, _Group(topic))
            found.members.append(member)
            found.generation += 1

    def leave(self, group: str, member: str) -> None:
        """Remove a member, which starts a new generation."""
        with self._lock:
            found = self._groups[group]
            if member in found.members:
                found.members.remove(member)
                found.generation += 1

    def assigned(self, group: str, member: str) -> tuple[int, list[Partition]]:
        """The generation and this member's share; -1 and nothing for one that is no member."""
        with self._lock:
            found = self._groups[group]
            if member not in found.members:
                return -1, []
            place, members = found.members.index(member), len(found.members)
            return found.generation, self.partitions(found.topic)[place::members]

    def committed(self, group: str, partition: Partition) -> int:
        """The group's next offset; 0 where it has none."""
        return self._groups[group].offsets.get(partition, 0)

    def committed_or_none(self, group: str, partition: Partition) -> int | None:
        """The group's next offset, if it has committed one."""
        found = self._groups.get(group)
        return found.offsets.get(partition) if found else None

    def commit(self, membership: Membership, offsets: Mapping[Partition, int]) -> None:
        """Store offsets; TransactionLost where the membership is not of the group's generation."""
        with self._lock:
            found = self._groups[membership.group]
            if membership.generation != found.generation or membership.member not in found.members:
                raise TransactionLost(f"the group has gone on to generation {found.generation}")
            found.offsets.update(offsets)

    def next_epoch(self, transactional_id: str) -> int:
        """Take over a transactional id; producers with an older epoch are fenced."""
        with self._lock:
            self._epochs[transactional_id] = self._epochs.get(transactional_id, -1) + 1
            return self._epochs[transactional_id]

    def refuse_fenced(self, transactional_id: str, epoch: int) -> None:
        """Raise Fenced where another producer has taken the id over."""
        if self._epochs[transactional_id] != epoch:
            raise Fenced(f"another worker has taken the slot {transactional_id}")


def _as_read(headers: Iterable[tuple[str, bytes | None]]) -> tuple[list[tuple[str, bytes | None]], str]:
    """Headers as real clients give them, and what is wrong: surrogates in a name stand for bytes that are no text."""
    found, faults = [], []
    for name, value in headers:
        written = name.encode(errors="surrogateescape")
        found.append((written.decode(errors="backslashreplace"), value))
        if found[-1][0] != name:
            faults.append(f"the header name {written!r} is not UTF-8")
    return found, "; ".join(faults)


def _chosen(record: Outgoing, partitions: int) -> int:
    if record.partition is not None:
        return record.partition
    return zlib.crc32(record.key or b"") % partitions
