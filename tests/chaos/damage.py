"""Flips bits where a broker keeps a topic, as a failing disk would: brokers serve what they have without a look."""

import random
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.chaos.expected import Source

_LENGTHS_BYTES = 12
_LAST_OFFSET_AT = 23
# Offset, length and last offset are what the broker itself finds batches by.
_SPARED = frozenset({*range(21), *range(_LAST_OFFSET_AT, _LAST_OFFSET_AT + 4)})


class _Batch(NamedTuple):
    position: int
    size_bytes: int
    first: int
    last: int


def damage(folder: Path, topic: str, partitions: int, share: float, chance: random.Random) -> list[Source]:
    """Flip a bit in some batches of a topic; where their records stand.

    Args:
        folder: of the broker's records.
        topic: whose.
        partitions: how many it has.
        share: of the batches, at least one.
        chance: decides which.
    """
    logs = [folder / f"{topic}-{number}" / f"{0:020}.log" for number in range(partitions)]
    every = [(number, batch) for number, log in enumerate(logs) for batch in _batches(log)]
    hit: list[Source] = []
    for number, batch in chance.sample(every, max(1, round(len(every) * share))):
        place = chance.choice([at for at in range(batch.size_bytes) if at not in _SPARED])
        _flip(logs[number], batch.position + place, 1 << chance.randrange(8))
        hit += [Source(topic, number, offset) for offset in range(batch.first, batch.last + 1)]
    return hit


def _batches(log: Path) -> Iterator[_Batch]:
    content, position = log.read_bytes(), 0
    while position < len(content):
        first, length = struct.unpack_from(">qi", content, position)
        (last,) = struct.unpack_from(">i", content, position + _LAST_OFFSET_AT)
        yield _Batch(position, length + _LENGTHS_BYTES, first, first + last)
        position += length + _LENGTHS_BYTES


def _flip(log: Path, position: int, bit: int) -> None:
    with log.open("r+b") as segment:
        segment.seek(position)
        (byte,) = segment.read(1)
        segment.seek(position)
        segment.write(bytes([byte ^ bit]))
