"""The transactional producer on confluent-kafka. Every call has a timeout, and no error is tried again but one: a
commit that was not answered may have happened, so it is asked for until it is, or until the broker would have aborted.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicPartition

from scoring.errors import RecordsTooLarge, TransactionLost
from worker.clients.client import Membership, Outgoing, Partition
from worker.clients.confluent.errors import TOO_LARGE, Complaints, error_of, in_transaction, lost, reaching
from worker.clients.confluent.patience import bounded, first_answer
from worker.clients.confluent.sender import Sender
from worker.clients.confluent.topic_limits import TopicLimits

_CLOSE_SECONDS = 1.0
_AGAIN_SECONDS = 0.02
_LATE_SECONDS = 2.0  # beyond the timeout that librdkafka was given, and now and then forgets


class ConfluentProducer:
    """A transactional producer, ready: what its predecessor left open has been aborted.

    Args:
        servers: for messages.
        options: librdkafka's, with a transactional id.
        limits: of topics.
        delivery_seconds: how long records may be on their way.
        transaction_seconds: after how long the broker has aborted a transaction: no call waits for longer.

    Raises:
        BrokerUnavailable: no broker or coordinator answered in time.
        BrokerError: the broker refuses this client.
        Fenced: another producer took the same id meanwhile.
    """

    def __init__(
        self,
        servers: str,
        options: dict[str, Any],
        limits: TopicLimits,
        delivery_seconds: float,
        transaction_seconds: float,
    ) -> None:
        self._seconds = transaction_seconds
        with reaching(servers, "connect", Complaints()):
            self._sender = Sender(options, limits, delivery_seconds)
        try:
            self._take_over(servers)
        except BaseException:
            self.close(_CLOSE_SECONDS)
            raise

    def _take_over(self, servers: str) -> None:
        producer, complaints = self._sender.producer, self._sender.complaints
        with reaching(servers, "take over the slot", complaints):
            first_answer(producer.init_transactions, lambda: producer.poll(0), complaints)

    def begin(self) -> None:
        """Start a transaction."""
        self._sender.restart()
        with self._transaction("begin a transaction"):
            self._sender.producer.begin_transaction()

    def send(self, record: Outgoing) -> None:
        """Add a record to it; delivery is known after :meth:`flush`."""
        self.send_all((record,))

    def send_all(self, records: Sequence[Outgoing]) -> None:
        """The same for each of them, in their order."""
        try:
            self._sender.send_all(records)
        except KafkaException as error:
            raise lost(error_of(error), "send", self._sender.complaints) from error

    def flush(self) -> None:
        """Wait until a broker has every record, and prove it for each."""
        with self._transaction("flush"):
            failed = self._sender.flush()
        if not failed:
            return
        others = [error for error in failed.values() if error.code() not in TOO_LARGE]
        places, topics = self._sender.too_large()
        if places:
            raise RecordsTooLarge(places)
        if topics:
            raise TransactionLost(f"a batch was larger than {', '.join(sorted(topics))} takes; the next are smaller")
        doing = f"have a record acknowledged by {' or '.join(self._sender.topics())}"
        raise lost(self._reason(others[0]), doing, self._sender.complaints)

    def _reason(self, error: KafkaError) -> KafkaError:
        """Where a transaction fails, librdkafka purges its records and tells each of them only that."""
        if error.code() != KafkaError._PURGE_QUEUE:
            return error
        try:
            self._sender.producer.begin_transaction()  # refused, with what has failed the one that is still open
        except KafkaException as refused:
            return error_of(refused)
        return error

    def send_offsets(self, offsets: Mapping[Partition, int], membership: Membership) -> None:
        """Add the group's next offsets to the transaction."""
        if membership.token is None:
            raise TransactionLost("the membership was read by another kind of client")
        positions = [TopicPartition(topic, number, offset) for (topic, number), offset in offsets.items()]
        with self._transaction("send offsets"):
            send = self._sender.producer.send_offsets_to_transaction
            bounded(
                partial(send, positions, membership.token, self._seconds), self._seconds + _LATE_SECONDS, "send offsets"
            )

    def commit(self) -> None:
        """Make all of it visible at once.

        Raises:
            TransactionLost: it did not happen, or nobody answered in time whether it did. The next producer of this
                slot has the broker end it one way or the other; the group's committed offsets then say which.
        """
        ends = time.monotonic() + self._seconds
        while True:
            try:
                left = max(1.0, ends - time.monotonic())
                commit = partial(self._sender.producer.commit_transaction, left)
                bounded(commit, left + _LATE_SECONDS, "commit")
            except KafkaException as exception:
                error = error_of(exception)
                if error.retriable() and time.monotonic() < ends:
                    time.sleep(_AGAIN_SECONDS)
                    continue  # librdkafka goes on where it was
                raise lost(error, "commit, or learn whether it was done", self._sender.complaints) from exception
            else:
                return

    def close(self, timeout_seconds: float) -> None:
        """Give up whatever is open; the next producer of this slot has the broker abort it."""
        self._sender.close(timeout_seconds)

    def _transaction(self, doing: str) -> AbstractContextManager[None]:
        return in_transaction(doing, self._sender.complaints)
