"""Transactional and plain producers on kafka-python.

A record that timed out inside a transaction leaves the transaction committable, so every future is checked in flush().
"""

import contextlib
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

import kafka.errors as theirs
from kafka import ConsumerGroupMetadata, KafkaProducer, OffsetAndMetadata, TopicPartition

from scoring.errors import BrokerUnavailable, RecordsTooLarge, TransactionLost
from worker.clients.client import Membership, Outgoing, Partition
from worker.clients.kafka_python.appending import Appending
from worker.clients.kafka_python.errors import TOO_LARGE, in_transaction, reaching

log = logging.getLogger(__name__)

_UNSENT_RECORDS = 20_000  # kafka-python bounds no memory for what is not sent yet
_WRITE_SECONDS = 120.0


class KafkaPythonProducer:
    """A transactional producer, ready: what its predecessor left open has been aborted.

    Args:
        servers: for messages.
        options: kafka-python's, with a transactional id.
        flush_seconds: how long :meth:`flush` waits.

    Raises:
        BrokerUnavailable: no broker or coordinator answered in time.
        Fenced: another producer took the same id meanwhile.
    """

    def __init__(self, servers: str, options: dict[str, Any], flush_seconds: float) -> None:
        self._flush_seconds = flush_seconds
        self._futures: list[Any] = []
        self._too_large: set[int] = set()
        with reaching(servers, "connect"):
            self._producer = KafkaProducer(**options)
        self._appending = Appending(self._producer)
        try:
            with in_transaction("take over the slot"):
                self._producer.init_transactions()
        except TransactionLost as error:
            self.close(0)
            raise BrokerUnavailable(str(error)) from error
        except BaseException:
            self.close(0)
            raise

    def begin(self) -> None:
        """Start a transaction."""
        with in_transaction("begin a transaction"):
            self._producer.begin_transaction()
        self._appending.restart()

    def send(self, record: Outgoing) -> None:
        """Add a record to it; delivery is known after :meth:`flush`."""
        self.send_all((record,))

    def send_all(self, records: Sequence[Outgoing]) -> None:
        """The same for each of them, in their order."""
        add, futures = self._appending.add, self._futures
        for record in records:
            try:  # the errors are told apart below: this is run for each record
                futures.append(add(record))
            except TOO_LARGE:
                self._too_large.add(len(futures))
                futures.append(None)
            except theirs.KafkaError as error:
                with in_transaction("send"):
                    raise error from None

    def flush(self) -> None:
        """Wait until a broker has every record, and prove it for each."""
        futures, self._futures = self._futures, []
        too_large, self._too_large = self._too_large, set()
        ends = time.monotonic() + self._flush_seconds
        with in_transaction("flush"):
            _flush(self._producer, self._flush_seconds)
        lost = None
        for place, future in enumerate(futures):
            if future is None or future.succeeded():
                continue
            if not future.is_done:
                with contextlib.suppress(theirs.KafkaError):  # judged below
                    future.get(max(0.0, ends - time.monotonic()))
                if future.succeeded():
                    continue
            if _refused_as_too_large(future):
                too_large.add(place)
            else:
                lost = lost or future.exception or "it was not acknowledged"
        if too_large:
            raise RecordsTooLarge(frozenset(too_large))
        if lost is not None:
            with in_transaction("have a record acknowledged"):
                raise lost if isinstance(lost, Exception) else theirs.KafkaTimeoutError(lost)

    def send_offsets(self, offsets: Mapping[Partition, int], membership: Membership) -> None:
        """Add the group's next offsets to the transaction."""
        theirs_by_partition = {TopicPartition(*each): OffsetAndMetadata(offset) for each, offset in offsets.items()}
        identity = ConsumerGroupMetadata(
            membership.group, membership.generation, membership.member, membership.instance
        )
        with in_transaction("send offsets"):
            self._producer.send_offsets_to_transaction(theirs_by_partition, identity)

    def commit(self) -> None:
        """Make all of it visible at once."""
        with in_transaction("commit"):
            self._producer.commit_transaction()

    def close(self, timeout_seconds: float) -> None:
        """Give up whatever is open; the next producer of this slot has the broker abort it."""
        _close(self._producer, timeout_seconds)


class KafkaPythonWriter:
    """A plain producer."""

    def __init__(self, servers: str, options: dict[str, Any]) -> None:
        self._servers = servers
        self._futures: list[Any] = []
        with reaching(servers, "connect"):
            self._producer = KafkaProducer(**options)

    def write(self, record: Outgoing) -> None:
        """Add a record; blocks where too many are on their way."""
        with reaching(self._servers, f"write to {record.topic}"):
            self._futures.append(
                self._producer.send(
                    record.topic, record.value, record.key, record.headers, record.partition, record.timestamp_ms
                )
            )
        if len(self._futures) >= _UNSENT_RECORDS:
            self.flush()

    def flush(self) -> None:
        """Wait until a broker has every record; BrokerUnavailable where one was not taken."""
        futures, self._futures = self._futures, []
        ends = time.monotonic() + _WRITE_SECONDS
        with reaching(self._servers, "write"):
            _flush(self._producer, _WRITE_SECONDS)
            for future in futures:
                future.get(max(0.0, ends - time.monotonic()))

    def close(self) -> None:
        """Close without waiting for more than what is on its way."""
        _close(self._producer, 5)


def _flush(producer: Any, seconds: float) -> None:
    """Where a batch is larger than the topic takes, kafka-python splits it and sends its halves, and its flush raises
    "Future not done" for the whole one; the records' own futures, which callers wait for, follow the halves.
    """
    with contextlib.suppress(theirs.UnknownError):
        producer.flush(seconds)


def _refused_as_too_large(future: Any) -> bool:
    """Records that kafka-python gave up because another one was refused carry that one's exception, but have a base
    offset of -1, where a record that was sent has none; there is no public way to tell them apart.
    """
    produced = future._produce_future.value
    given_up = produced is not None and produced[0] == -1
    return isinstance(future.exception, TOO_LARGE) and not given_up


def _close(producer: Any, timeout_seconds: float) -> None:
    with contextlib.suppress(theirs.KafkaError):  # it flushes first, which fails where the broker is gone
        producer.close(timeout=timeout_seconds)
        return
    producer._sender.force_close()  # the failed flush left its thread running, and the connection open
