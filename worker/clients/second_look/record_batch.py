"""Record batches (message format v2), read record by record: one that is broken spoils no other.

The format is Kafka's own: https://kafka.apache.org/documentation/#recordbatch. Offset and length stand outside the
batch's checksum; everything from the attributes on is inside it.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

from kafka.record.util import calc_crc32c

from worker.clients.client import Partition
from worker.clients.second_look.compression import CodecMissing, uncompressed
from worker.clients.second_look.record import SeenRecord
from worker.clients.second_look.varints import VarintReader

_HEAD: Final = struct.Struct(">qiibIhiqqqhii")
_LENGTH: Final = struct.Struct(">qi")
_MAGIC_AT: Final = 16
_CHECKED_FROM: Final = 21
_MALFORMED: Final = "the record is malformed"
_MARKER_BYTES: Final = 200  # the mark of a transaction's end is a batch of 78 bytes


@dataclass(frozen=True)
class RecordBatch:
    """A whole batch as it came.

    Attributes:
        base_offset: of its first record.
        content: its bytes, head included.
    """

    partition: Partition
    base_offset: int
    content: bytes

    @cached_property
    def _head(self) -> tuple[int, ...]:
        return _HEAD.unpack_from(self.content)

    @cached_property
    def intact(self) -> bool:
        """Whether its checksum is right; a batch of another format counts as damaged."""
        if len(self.content) < _HEAD.size or self.content[_MAGIC_AT] != 2:
            return False
        return bool(calc_crc32c(memoryview(self.content)[_CHECKED_FROM:]) == self._head[4])

    @property
    def readable_head(self) -> bool:
        """Whether there is a head of this format at all."""
        return len(self.content) >= _HEAD.size and self.content[_MAGIC_AT] == 2

    @property
    def last_offset(self) -> int:
        """Of its last record, as the head says."""
        return self.base_offset + self._head[6]

    @property
    def producer_id(self) -> int:
        """Of whoever wrote it."""
        return self._head[9]

    @property
    def is_transactional(self) -> bool:
        """Whether it belongs to a transaction."""
        return bool(self._head[5] & 0x10)

    @property
    def is_marker(self) -> bool:
        """Whether it marks the end of a transaction; one with a wrong checksum must look like one in every way."""
        if not self._head[5] & 0x20:
            return False
        return self.intact or (
            self._head[12] == 1 and self._head[6] == 0 and len(self.content) < _MARKER_BYTES and self.is_transactional
        )

    @property
    def marks_abort(self) -> bool:
        """Whether the marker ends its transaction as aborted."""
        try:
            return next(self.records()).key == b"\0\0\0\0"
        except (StopIteration, ValueError):
            return False

    def fits(self, follows: int) -> bool:
        """Whether all of its records can be made out, in order, before an offset."""
        if not self.readable_head:
            return False
        try:
            offsets = [record.offset for record in self.records(strictly=True)]
        except (ValueError, CodecMissing):
            return False
        rising = all(one < other for one, other in pairwise(offsets))
        return bool(offsets) and rising and offsets[0] >= self.base_offset and offsets[-1] < follows

    @property
    def is_consistent(self) -> bool:
        """Whether they also end where the head says that they end."""
        return self.readable_head and self.fits(self.last_offset + 1) and self._ends_at(self.last_offset)

    def _ends_at(self, offset: int) -> bool:
        return max(record.offset for record in self.records()) == offset

    def records(self, *, strictly: bool = False) -> Iterator[SeenRecord]:
        """Its records in their order.

        Args:
            strictly: a malformed record makes all of it unreadable.

        Raises:
            ValueError: where they stop being readable; those before have been given.
            CodecMissing: they are compressed by a codec that is not installed.
        """
        _base, _length, _epoch, _magic, _crc, attributes, _last, first_ms, max_ms, *_rest, count = self._head
        body = uncompressed(self.content[_HEAD.size :], attributes & 0x07)
        reader = VarintReader(body)
        for number in range(count):
            ends = reader.length() + reader.position
            if ends > len(body):
                raise ValueError(f"record {number} of {count} ends outside its batch")
            content = body[reader.position : ends]
            record = self._record(content, number, first_ms, max_ms if attributes & 0x08 else None)
            if strictly and record.fault.startswith(_MALFORMED):
                raise ValueError(record.fault)
            yield record
            reader.position = ends
        reader.end()

    def _record(self, content: bytes, number: int, first_ms: int, appended_ms: int | None) -> SeenRecord:
        reader = VarintReader(content)
        offset, timestamp = self.base_offset + number, first_ms if appended_ms is None else appended_ms
        try:
            reader.take(1)  # attributes, of which none are in use
            delta_ms = reader.varint()
            timestamp = first_ms + delta_ms if appended_ms is None else appended_ms
            offset = self.base_offset + reader.varint()
            key, value = reader.nullable(), reader.nullable()
            headers: list[tuple[str, bytes | None]] = []
            faults: list[str] = []
            for _ in range(reader.length()):
                name = reader.take(reader.length())
                try:
                    text = name.decode()
                except UnicodeDecodeError:
                    text = name.decode(errors="backslashreplace")
                    faults.append(f"the header name {name!r} is not UTF-8")
                headers.append((text, reader.nullable()))
            reader.end()
        except ValueError as error:
            why = f"{_MALFORMED}: {error}"
            return SeenRecord(*self.partition, offset, timestamp, None, content, [], why)
        return SeenRecord(*self.partition, offset, timestamp, key, value, headers, "; ".join(faults))


def batches(partition: Partition, content: bytes) -> Iterator[RecordBatch]:
    """The whole batches among fetched bytes of a partition; a broker may cut the last one off.

    Raises:
        ValueError: a length is impossible, so that nothing after it can be found.
    """
    position = 0
    while len(content) - position >= _LENGTH.size:
        base_offset, length = _LENGTH.unpack_from(content, position)
        if length <= 0:
            raise ValueError(f"the batch at offset {base_offset} claims {length} bytes")
        ends = position + _LENGTH.size + length
        if ends > len(content):
            return
        yield RecordBatch(partition, base_offset, bytes(content[position:ends]))
        position = ends


def next_base_offset(content: bytes, after: int | None = None) -> int | None:
    """The offset of what follows a batch among fetched bytes, whether or not all of it is there; None at their end.

    Args:
        content: as it was fetched.
        after: the batch's own offset; without it, the first batch is meant.
    """
    position = 0
    while len(content) - position >= _LENGTH.size:
        base_offset, length = _LENGTH.unpack_from(content, position)
        after = base_offset if after is None else after
        if base_offset > after:
            return int(base_offset)
        if length <= 0:
            return None
        position += _LENGTH.size + length
    return None
