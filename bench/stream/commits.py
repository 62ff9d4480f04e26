"""From a topic's raw log to when each ride's prediction was committed: what rates are made of.

A record of a transaction counts at its commit marker's time, any other at its batch's. Both are the broker's clock
where the topic has LogAppendTime; markers always are.
"""

import math
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

_HEADER: Final = struct.Struct(">qiibIhiqqqhii")
_TRANSACTIONAL, _CONTROL = 0x10, 0x20
_COMMIT_MARKER: Final = 1
_MARKERS_MS: Final = 10  # the broker writes one transaction's markers within a few


class Commit(NamedTuple):
    """Records that became visible together.

    Attributes:
        time_ms: since the epoch.
        producer: the broker's id of who wrote them; -1 where it is none.
        records: how many.
    """

    time_ms: int
    producer: int
    records: int


def commits_of_partition(parts: Iterable[bytes]) -> Iterator[Commit]:
    """Read one partition's log.

    Args:
        parts: whole record batches (magic 2) in offset order; a batch that is cut off at a part's end is passed over.
    """
    pending: defaultdict[int, int] = defaultdict(int)
    for part in parts:
        at = 0
        while at + _HEADER.size <= len(part):
            header = _HEADER.unpack_from(part, at)
            size, attributes, time_ms, producer, records = header[1], header[5], header[8], header[9], header[12]
            if at + 12 + size > len(part):
                break
            if attributes & _CONTROL:
                count = pending.pop(producer, 0)
                if _is_commit(part, at + _HEADER.size) and count:
                    yield Commit(time_ms, producer, count)
            elif attributes & _TRANSACTIONAL:
                pending[producer] += records
            else:
                yield Commit(time_ms, producer, records)
            at += 12 + size


def timeline(commits: Iterable[Commit], most: int | None = None, seconds: float = math.inf) -> list[Commit]:
    """Commits in time order, a transaction's markers in several partitions as one, at the time of the last.

    Args:
        commits: of all partitions.
        most: stop after the commit that reaches this many records: a topic's last, short batches wait for more.
        seconds: stop so long after the first commit.
    """
    joined: list[Commit] = []
    open_since: dict[int, tuple[int, int]] = {}  # each producer's place in `joined`, and its first marker's time
    for commit in sorted(commits):
        place, since = open_since.get(commit.producer, (-1, 0))
        if place >= 0 and commit.time_ms - since <= _MARKERS_MS:
            joined[place] = Commit(commit.time_ms, commit.producer, joined[place].records + commit.records)
        else:
            open_since[commit.producer] = len(joined), commit.time_ms
            joined.append(commit)
    joined.sort()
    ends_ms = joined[0].time_ms + seconds * 1000 if joined else 0
    joined = [commit for commit in joined if commit.time_ms <= ends_ms]
    seen = 0
    for place, commit in enumerate(joined, 1):
        seen += commit.records
        if most is not None and seen >= most:
            return joined[:place]
    return joined


def rate(commits: Sequence[Commit], *, jointly: bool = False) -> float:
    """Records a second from the first commit to the last; the first one's records came before the clock started.

    Args:
        commits: in time order.
        jointly: only while every producer was committing, for several processes that start and end apart.

    Raises:
        ValueError: there are too few commits to tell.
    """
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for commit in commits:
        first.setdefault(commit.producer, commit.time_ms)
        last[commit.producer] = commit.time_ms
    if not first:
        raise ValueError("nothing was committed")
    began, ended = (max(first.values()), min(last.values())) if jointly else (min(first.values()), max(last.values()))
    if ended <= began:
        raise ValueError("too few commits to tell a rate")
    return sum(commit.records for commit in commits if began < commit.time_ms <= ended) / (ended - began) * 1000


def _is_commit(part: bytes, record: int) -> bool:
    """The control record's key is version and type, 16 bits each, behind five one-byte fields of a short record."""
    return bool(struct.unpack_from(">h", part, record + 7)[0] == _COMMIT_MARKER)
