"""Gathering: polls until a batch is full by rides, bytes or time. A batch is one transaction.

All of a batch is read under one membership; when the group rebalances meanwhile, what was gathered is given back.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from worker.clients.client import Consumer, Membership, Partition, Place, Record, all_records


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """When a batch is full.

    Attributes:
        rides: records, at most.
        size_bytes: of their values; the poll that passes it is the last.
        seconds: since the first record was read.
    """

    rides: int
    size_bytes: int
    seconds: float


@dataclass(frozen=True)
class Batch:
    """Records of one transaction, in offset order within each partition, the membership they were read under, and what
    is wrong with those that could not be parsed.
    """

    records: list[Record]
    membership: Membership
    faults: Mapping[Place, str] = field(default_factory=dict)

    @cached_property
    def next_offsets(self) -> dict[Partition, int]:
        """What is committed with the transaction: one past the last record of each partition."""
        last = {(record.topic, record.partition): record.offset for record in self.records}
        return {Partition(*place): offset + 1 for place, offset in last.items()}


def gather(
    consumer: Consumer,
    limits: BatchLimits,
    wait_seconds: float,
    stopping: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.monotonic,
) -> Batch | None:
    """Read one batch.

    Args:
        consumer: to read from.
        limits: when the batch is full.
        wait_seconds: how long to wait for a first record.
        stopping: asked between polls; a batch that has begun is then closed at once.
        clock: seconds that never go back.

    Returns:
        A batch with at least one record, or None where none came in time.

    Raises:
        BrokerError: a poll failed; rewind the consumer before the next one, as records may have been gathered.
    """
    polled = consumer.poll(wait_seconds, limits.rides)
    records = list(all_records(polled))
    if not records:
        return None
    membership, faults = polled.membership, dict(polled.faults)
    size_bytes = _size_bytes(records)
    ends = clock() + limits.seconds
    while len(records) < limits.rides and size_bytes < limits.size_bytes and not stopping():
        left = ends - clock()
        if left <= 0:
            break
        polled = consumer.poll(left, limits.rides - len(records))
        if polled.membership != membership:
            # Not to the batch's own first offsets: a partition may have gone, been worked on, and come back.
            consumer.rewind()
            return None
        more = list(all_records(polled))
        records += more
        faults |= polled.faults
        size_bytes += _size_bytes(more)
    return Batch(records, membership, faults)


def _size_bytes(records: list[Record]) -> int:
    return sum(len(record.value) for record in records if record.value is not None)
