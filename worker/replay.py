"""Replaying dead letters: originals go back to their topic, in transactions, each once.

Every reason has a consumer group of its own, whose offsets are committed with what is sent. So a second replay sends
only what has come since, and a replay of one reason does not pass over another's.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from scoring.errors import BrokerError, BrokerUnavailable, TransactionLost
from scoring.settings.worker_settings import WorkerSettings
from worker.batch import Batch, BatchLimits, gather
from worker.clients.client import Client, GroupOffset, Outgoing, Partition, Record
from worker.dead_letter import NULL_HEADERS_HEADER, REASON_HEADER, Reason, copied_headers, header, timestamp_of
from worker.transaction import commit_transaction

_POLL_SECONDS: Final = 1.0
# Beyond the time after which an open transaction is aborted: brokers look for such every 10 s, and groups settle.
_PATIENCE_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did.

    Attributes:
        sent: how many went back, by their topic.
        left: how many cannot: they had neither key nor value, or are not dead letters of ours.
    """

    sent: Counter[str]
    left: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """The dead letters of one reason that were not sent back yet.

    Attributes:
        ends: one past the last of them in each partition that has any.
        counted: all of them, as if they were sent.
    """

    ends: Mapping[Partition, int]
    counted: Replayed


def look(
    letters: Iterable[Record], offsets_of: Callable[[Reason], Mapping[Partition, GroupOffset]]
) -> dict[Reason, Waiting]:
    """Look at each dead letter, once.

    The end of a partition does not tell the last of them: marks of transactions lie there, too.

    Args:
        letters: all dead letters up to now, or those of one reason.
        offsets_of: how far a reason's group has come; asked for each reason that is met.

    Returns:
        What waits, for each reason that any dead letter has, in the order of :class:`Reason`.

    Raises:
        BrokerError: the broker does not answer, or refuses.
    """
    begins: dict[Reason, Mapping[Partition, int]] = {}
    ends: dict[Reason, dict[Partition, int]] = {}
    sent: dict[Reason, Counter[str]] = {}
    left: Counter[Reason] = Counter()
    known = {each.value: each for each in Reason}
    for record in letters:
        reason = known.get(_reason(record))
        if reason is None:
            continue
        if reason not in begins:
            begins[reason] = {part: each.committed or 0 for part, each in offsets_of(reason).items() if each.lag}
            ends[reason], sent[reason] = {}, Counter()
        partition = Partition(record.topic, record.partition)
        if record.offset < begins[reason].get(partition, record.offset + 1):
            continue
        ends[reason][partition] = record.offset + 1
        original = original_of(record)
        if original is None:
            left[reason] += 1
        else:
            sent[reason][original.topic] += 1
    return {each: Waiting(ends[each], Replayed(sent[each], left[each])) for each in Reason if each in begins}


def replay_settings(settings: WorkerSettings, reason: Reason) -> WorkerSettings:
    """The settings of a reader of dead letters of one reason: a client built with them consumes that topic."""
    return WorkerSettings(
        **{
            **settings.model_dump(),
            "input_topic": settings.dead_letter_topic,
            "dead_letter_topic": f"{settings.dead_letter_topic}.unused",
            "group": f"{settings.group}.replay.{reason.value}",
        }
    )


def replay(
    client: Client,
    settings: WorkerSettings,
    reason: Reason,
    waiting: Waiting,
    *,
    dry_run: bool,
    clock: Callable[[], float] = time.monotonic,
) -> Replayed:
    """Send back what became a dead letter for one reason and was not sent back before.

    Args:
        client: built with :func:`replay_settings`.
        settings: those.
        reason: which.
        waiting: what :func:`look` found of it; what has come since is for the next replay.
        dry_run: count only; nothing is sent and no offset is committed.
        clock: seconds that never go back.

    Raises:
        BrokerError: the broker does not answer, refuses, or an original's topic is not there; what was committed by
            then stays sent, and the next replay goes on after it.
    """
    if dry_run or not waiting.ends:
        _know_partitions(client, {}, waiting.counted.sent)
        return waiting.counted
    ends = dict(waiting.ends)
    counts: dict[str, int] = {}
    sent: Counter[str] = Counter()
    left = 0
    limits = BatchLimits(settings.batch_rides, settings.batch_bytes, seconds=0)
    patience_seconds = settings.transaction_timeout_seconds + _PATIENCE_SECONDS
    consumer = client.consumer()
    producer = None
    try:
        producer = client.producer(f"ridescore-{settings.group}")
        moved = clock()
        while ends:
            batch = gather(consumer, limits, _POLL_SECONDS)
            if batch is None:
                ends = _unreached(client, ends)
                if clock() - moved > patience_seconds:
                    raise BrokerUnavailable(
                        f"no dead letter came for {patience_seconds:.0f} s, though some are left to send back; "
                        "run the replay again, it goes on after what was sent"
                    )
                continue
            moved = clock()
            batch = _up_to(batch, ends)
            originals = [original_of(record) for record in batch.records if _reason(record) == reason.value]
            going = [each for each in originals if each is not None]
            _know_partitions(client, counts, {each.topic for each in going})
            outgoing = [_with_partition(each, counts) for each in going]
            if batch.records:
                commit_transaction(producer, outgoing, batch.next_offsets, batch.membership)
            sent.update(each.topic for each in outgoing)
            left += len(originals) - len(going)
    except TransactionLost as error:
        raise BrokerError(f"the replay stopped: {error}; run it again, it goes on after what was sent") from error
    finally:
        if producer is not None:
            producer.close(_POLL_SECONDS)
        consumer.close(_POLL_SECONDS)
    return Replayed(sent, left)


def _unreached(client: Client, ends: Mapping[Partition, int]) -> dict[Partition, int]:
    """The ends without those that another replay, which runs at the same time, has come to."""
    offsets = client.group_offsets()
    return {
        partition: end
        for partition, end in ends.items()
        if partition in offsets and (offsets[partition].committed or 0) < end
    }


def _up_to(batch: Batch, ends: dict[Partition, int]) -> Batch:
    """The batch without what lies beyond the ends; partitions that have come to theirs are taken out of them."""
    within = [each for each in batch.records if each.offset < ends.get(Partition(each.topic, each.partition), 0)]
    for partition, next_offset in batch.next_offsets.items():
        if next_offset >= ends.get(partition, next_offset):
            ends.pop(partition, None)
    return Batch(within, batch.membership)


def original_of(record: Record) -> Outgoing | None:
    """The ride event that a dead letter was made of, or None where it cannot be made again."""
    topic = header(record.headers, "__connect.errors.topic")
    partition = header(record.headers, "__connect.errors.partition")
    reason = _reason(record)
    value = None if reason == Reason.TOMBSTONE.value else record.value
    if not topic or not partition.isdigit() or (value is None and record.key is None):
        return None
    headers = [each for each in copied_headers(record.headers) if each[0] != NULL_HEADERS_HEADER]
    return Outgoing(topic, int(partition), record.key, value, headers, timestamp_of(record))


def _reason(record: Record) -> str:
    return header(record.headers, REASON_HEADER)


def _know_partitions(client: Client, counts: dict[str, int], topics: Collection[str]) -> None:
    unknown = [topic for topic in topics if topic not in counts]
    if unknown:
        counts.update(client.partition_counts(unknown))
        missing = [topic for topic in unknown if topic not in counts]
        if missing:
            raise BrokerError(f"there is no topic {', '.join(missing)} to send rides back to; nothing of it was sent")


def _with_partition(record: Outgoing, counts: dict[str, int]) -> Outgoing:
    """The original partition, or by key where the topic has fewer now."""
    number = record.partition if record.partition is not None and record.partition < counts[record.topic] else None
    return record._replace(partition=number)
