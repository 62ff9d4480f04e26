"""Replaying dead letters: originals go back to their topic, in transactions, each once.

Every reason has a consumer group of its own, whose offsets are committed with what is sent. So a second replay sends
only what has come since, and a replay of one reason does not pass over another's.
"""

import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from scoring.errors import BrokerError, BrokerUnavailable, TransactionLost
from scoring.settings.worker_settings import WorkerSettings
from worker.batch import Batch, BatchLimits, gather
from worker.clients.client import Client, Consumer, Outgoing, Partition, Record
from worker.dead_letter import NULL_HEADERS_HEADER, REASON_HEADER, Reason, copied_headers, header, timestamp_of
from worker.transaction import commit_transaction

_POLL_SECONDS: Final = 1.0
_JOIN_POLLS: Final = 30  # a group takes some seconds to give out partitions
_SETTLE_SECONDS: Final = 15.0  # brokers look for transactions that timed out every 10 s
_QUIET_POLLS: Final = 2  # offsets alone do not tell the end: the marks of transactions take some too


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did.

    Attributes:
        sent: how many went back, by their topic.
        left: how many cannot: they had neither key nor value, or are not dead letters of ours.
    """

    sent: Counter[str]
    left: int


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


def replay(client: Client, settings: WorkerSettings, reason: Reason, *, dry_run: bool) -> Replayed:
    """Send back what became a dead letter for one reason and was not sent back before.

    Args:
        client: built with :func:`replay_settings`.
        settings: those.
        reason: which.
        dry_run: count only; nothing is sent and no offset is committed.

    Raises:
        BrokerError: the broker does not answer, refuses, or an original's topic is not there; what was committed by
            then stays sent, and the next replay goes on after it.
    """
    counts: dict[str, int] = {}
    sent: Counter[str] = Counter()
    left = 0
    limits = BatchLimits(settings.batch_rides, settings.batch_bytes, seconds=0)
    consumer = client.consumer()
    producer = None if dry_run else client.producer(f"ridescore-{settings.group}")
    try:
        # What becomes a dead letter again meanwhile lies beyond these ends, and is for the next replay.
        ends = {part: each.end for part, each in client.group_offsets().items() if each.lag}
        unassigned = quiet = 0
        settled = False
        while ends and unassigned < _JOIN_POLLS and quiet < _QUIET_POLLS:
            batch = gather(consumer, limits, _POLL_SECONDS)
            if batch is None:
                if not consumer.assignment():
                    unassigned += 1
                elif settled:
                    quiet += 1
                else:
                    _settle(consumer, settings.transaction_timeout_seconds)
                    settled = True
                continue
            quiet = 0
            settled = True
            batch = _up_to(batch, ends)
            originals = [original_of(record) for record in batch.records if _reason(record) == reason.value]
            going = [each for each in originals if each is not None]
            _know_partitions(client, counts, {each.topic for each in going})
            outgoing = [_with_partition(each, counts) for each in going]
            if producer is not None and batch.records:
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


def _settle(consumer: Consumer, seconds: float) -> None:
    """Wait until the group's offsets are certain: a replay that was killed has left a transaction open, and until the
    broker has aborted it a consumer may wait in silence, which must not be taken for the end.
    """
    ends = time.monotonic() + seconds + _SETTLE_SECONDS
    while True:
        try:
            consumer.rewind()
        except BrokerUnavailable:
            if time.monotonic() >= ends:
                raise
        else:
            return


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
