"""Record batches as producers make them, by kafka-python's own builder: our decoder shares no code with it."""

import struct
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from kafka.record.default_records import DefaultRecordBatchBuilder

from tests.raw_names import RawName
from worker.clients.client import Partition
from worker.clients.second_look.raw_fetch import Fetched

Written = tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]
MakeBatch = Callable[..., bytes]


@pytest.fixture
def make_batch() -> MakeBatch:
    """The bytes of a batch: ``make_batch(base_offset, [(key, value, headers), ...])``."""

    def make(
        base_offset: int, records: Sequence[Written], *, codec: int = 0, producer_id: int = -1, timestamp: int = 1_000
    ) -> bytes:
        transactional = producer_id >= 0
        builder = DefaultRecordBatchBuilder(2, codec, transactional, producer_id, 0, 0, 1 << 24)
        for place, (key, value, headers) in enumerate(records):
            named = [(RawName(name), content) for name, content in headers]
            builder.append(place, timestamp + place, key, value, named)
        content = bytearray(builder.build())
        struct.pack_into(">q", content, 0, base_offset)
        return bytes(content)

    return make


class StoredBytes:
    """A partition's bytes; fetches may be garbled on their way.

    Attributes:
        content: what is kept.
        garbled: what the next fetches give instead.
        asked: offset and bytes of each fetch.
    """

    def __init__(self) -> None:
        self.content = b""
        self.aborted: tuple[tuple[int, int], ...] = ()
        self.end = 1_000_000
        self.garbled: list[bytes] = []
        self.asked: list[tuple[int, int]] = []
        self.closed = False

    def __call__(self, _partition: Partition, offset: int, max_bytes: int) -> Fetched:
        self.asked.append((offset, max_bytes))
        content = self.garbled.pop(0) if self.garbled else self._from(offset)
        first = 12 + struct.unpack_from(">i", content, 8)[0] if len(content) >= 12 else 0
        return Fetched(content[: max(max_bytes, first)], self.aborted, self.end)

    def _from(self, offset: int) -> bytes:
        """A broker begins with the batch that has the offset, going by the heads."""
        position = 0
        while position < len(self.content):
            base, length = struct.unpack_from(">qi", self.content, position)
            if base + struct.unpack_from(">i", self.content, position + 23)[0] >= offset:
                break
            position += 12 + length
        return self.content[position:]

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def stored() -> Any:
    """Stands in for a broker's log."""
    return StoredBytes()
