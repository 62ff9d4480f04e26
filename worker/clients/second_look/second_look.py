"""A second look at what a client could not parse: fetched again, decided record by record, nothing passed over.

A byte that flips on the wire is right the next time. What is wrong each time is wrong where it is kept (ADR 0013).
"""

import logging
import time
from dataclasses import dataclass
from typing import Final

from scoring.errors import BrokerError
from worker.clients.client import Partition, Place
from worker.clients.second_look.raw_fetch import Fetch, Fetched
from worker.clients.second_look.record import SeenRecord
from worker.clients.second_look.record_batch import RecordBatch, batches, next_base_offset

log = logging.getLogger(__name__)

_FETCHES: Final = 3
_PAUSE_SECONDS: Final = 0.1
_FIRST_BYTES: Final = 4 << 20


@dataclass(frozen=True)
class Seen:
    """What stands from an offset on.

    Attributes:
        records: of one batch, in offset order; none where only aborted records or markers stand there.
        next_offset: where to read on; the same offset where nothing stands there yet.
        intact: whether the batch's checksum is right.
    """

    records: list[SeenRecord]
    next_offset: int
    intact: bool = True

    @property
    def faulty(self) -> bool:
        """Whether there is a record that must not be scored."""
        return any(record.fault for record in self.records)

    @property
    def faults(self) -> dict[Place, str]:
        """What is wrong, by where it stands."""
        return {Place(each.topic, each.partition, each.offset): each.fault for each in self.records if each.fault}

    def first(self, count: int) -> "Seen":
        """As much of it as one poll may give; a damaged batch is given whole, as a broker may not find its middle."""
        if not self.intact or len(self.records) <= count:
            return self
        return Seen(self.records[:count], self.records[count].offset)


class SecondLook:
    """Looks again.

    Args:
        fetch: the bytes of a partition from an offset on.
    """

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    def at(self, partition: Partition, offset: int) -> Seen:
        """Read the first batch with committed records from an offset on.

        Raises:
            BrokerUnavailable: no broker answered.
            BrokerError: what stands there cannot be passed without guessing; nothing was skipped.
        """
        for left in reversed(range(_FETCHES)):
            try:
                seen = self._look(partition, offset)
            except ValueError as error:
                if not left:
                    raise BrokerError(
                        f"{partition.topic}-{partition.number} is damaged at offset {offset} so that its next record "
                        f"cannot be found ({error}); nothing was skipped: restore the partition from a replica, or "
                        "move the group's offset past the damage, and start the worker again"
                    ) from error
            else:
                if seen.intact:
                    break
            if left:
                time.sleep(_PAUSE_SECONDS)
        _tell(partition, offset, seen)
        return seen

    def _look(self, partition: Partition, offset: int) -> Seen:
        """What one fetch gives; ValueError where no batch can be made out."""
        fetched = self._fetch_enough(partition, offset)
        aborted = _Aborted(fetched.aborted)
        next_offset = offset
        for batch in batches(partition, fetched.content):
            follows = _next_offset(fetched, batch)
            if follows <= offset:
                continue
            next_offset = follows
            if batch.readable_head and aborted.passes(batch, follows - 1):
                if batch.intact:
                    continue
                return Seen([], next_offset, intact=False)  # whose transaction it ended is not certain
            first = max(offset, batch.base_offset)
            records = _intact(batch, first) if batch.intact else _damaged(batch, first, follows)
            if records:
                return Seen(records, next_offset, batch.intact)
        if next_offset == offset and fetched.content:
            raise ValueError(f"no whole batch is among its {len(fetched.content)} bytes")
        return Seen([], next_offset)

    def _fetch_enough(self, partition: Partition, offset: int) -> Fetched:
        """So much that the first batch is there, and the place of what follows it, if anything does."""
        max_bytes = _FIRST_BYTES
        while True:
            fetched = self._fetch(partition, offset, max_bytes)
            content = fetched.content
            if len(content) < max_bytes or next_base_offset(content) is not None:
                return fetched
            max_bytes = 2 * len(content)


class _Aborted:
    """Tells which batches of a fetch nobody may see, as they come."""

    def __init__(self, transactions: tuple[tuple[int, int], ...]) -> None:
        self._to_come = sorted(transactions, key=lambda each: each[1])
        self._open: set[int] = set()

    def passes(self, batch: RecordBatch, last_offset: int) -> bool:
        """Whether a batch marks the end of a transaction, or is of an aborted one."""
        while self._to_come and self._to_come[0][1] <= last_offset:
            self._open.add(self._to_come.pop(0)[0])
        if batch.is_marker:
            if batch.marks_abort:
                self._open.discard(batch.producer_id)
            return True
        return batch.is_transactional and batch.producer_id in self._open


def _next_offset(fetched: Fetched, batch: RecordBatch) -> int:
    """Where what follows a batch begins; the head of a damaged one is believed only if its records bear it out."""
    if batch.intact:
        return batch.last_offset + 1
    follows = next_base_offset(fetched.content, batch.base_offset)
    if follows is not None:
        return follows
    return batch.last_offset + 1 if batch.is_consistent else fetched.end


def _intact(batch: RecordBatch, first: int) -> list[SeenRecord]:
    """Its records from an offset on; what a broken one hides is told for each offset of it."""
    records: list[SeenRecord] = []
    try:
        records.extend(batch.records())  # those before a broken one stay
    except ValueError as error:
        began = records[-1].offset + 1 if records else batch.base_offset
        records += _hidden(batch, began, batch.last_offset + 1, f"its batch is malformed: {error}")
    return [record for record in records if record.offset >= first]


def _damaged(batch: RecordBatch, first: int, follows: int) -> list[SeenRecord]:
    """The records of a batch whose checksum is wrong: none can be trusted, though most may be read."""
    why = f"the checksum of its batch, offsets {batch.base_offset} to {follows - 1}, is wrong"
    if batch.fits(follows):  # a time that is damaged might be refused, or have the dead letter deleted for its age
        records = [record for record in batch.records() if record.offset >= first]
        return [record._replace(fault=why, timestamp=-1) for record in records]
    return _hidden(batch, first, follows, f"{why}, and its records cannot be made out")


def _hidden(batch: RecordBatch, first: int, follows: int, why: str) -> list[SeenRecord]:
    """One record for each offset; the first carries the batch's bytes, as they cannot be shared out."""
    return [
        SeenRecord(*batch.partition, offset, -1, None, batch.content if offset == first else None, [], why)
        for offset in range(first, follows)
    ]


def _tell(partition: Partition, offset: int, seen: Seen) -> None:
    about = {"topic": partition.topic, "partition": partition.number, "offset": offset}
    faults = [record.fault for record in seen.records if record.fault]
    if faults:
        log.warning("records cannot be read", extra={**about, "records": len(faults), "error": faults[0]})
    else:
        log.warning("records were read when they were fetched again", extra=about)
