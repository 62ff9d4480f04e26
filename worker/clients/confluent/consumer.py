"""The group member on confluent-kafka.

Rebalances are served inside `consume`, among records of before and after them. So a poll that saw one gives no records:
those of partitions that are kept are read again, and the membership beside them is nobody's.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from operator import ge
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Message, TopicPartition

from scoring.errors import BrokerUnavailable
from worker.clients.client import Partition, Polled, Record
from worker.clients.confluent.closing import end_within
from worker.clients.confluent.errors import Complaints, error_of, reaching, unreached
from worker.clients.confluent.membership import no_member, read_membership
from worker.clients.confluent.mending import Mended
from worker.clients.confluent.records import is_of_parsing, is_passing, split
from worker.clients.second_look.lazy_fetch import LazyFetch
from worker.clients.second_look.second_look import SecondLook

log = logging.getLogger(__name__)

_OFFSETS_SECONDS = 15.0
_LEAVE_SECONDS = 5.0
_FILL_SECONDS = 0.005  # polls of one record each would cost more than their records


class ConfluentConsumer:
    """A consumer of one topic in the worker's group.

    Args:
        topic: to subscribe to.
        servers: for messages.
        options: librdkafka's, see :mod:`worker.clients.confluent.configuration`.
        on_rebalance: called in :meth:`poll` after the assignment has changed.
        fetch: for a second look at what librdkafka cannot parse.

    Raises:
        BrokerError: an option is refused.
    """

    def __init__(
        self, topic: str, servers: str, options: dict[str, Any], on_rebalance: Callable[[], None], fetch: LazyFetch
    ) -> None:
        self._topic = topic
        self._fetch = fetch
        self._second_look = SecondLook(fetch)
        self._positions: dict[Partition, int] = {}
        self._servers = servers
        self._options = options
        self._group = str(options["group.id"])
        self._on_rebalance = on_rebalance
        self._assigned: frozenset[Partition] = frozenset()
        self._rebalances = 0
        self._unjudged: list[Message] = []
        self._join()

    def _join(self) -> None:
        self._complaints = Complaints()
        with reaching(self._servers, "connect", self._complaints):
            self._consumer = Consumer({**self._options, "error_cb": self._complaints})
            self._consumer.subscribe([self._topic], on_assign=self._given, on_revoke=self._taken, on_lost=self._taken)

    def poll(self, timeout_seconds: float, max_records: int) -> Polled:
        """Wait for records; rebalances happen in here and nowhere else."""
        before = self._rebalances
        with reaching(self._servers, "poll", self._complaints):
            parts, errors, headless = split(self._consume(timeout_seconds, max_records))
            token = self._consumer.consumer_group_metadata()
        found: dict[Partition, Sequence[Record]] = {Partition(*place): part for place, part in parts.items()}
        if self._rebalances != before:
            # Those kept are read again, from where the group is: in one poll a partition may go, be worked on
            # elsewhere, and come back.
            if found or errors:
                self.rewind()
            # librdkafka tells each once, so that it must not be lost with the records; what is broken is met again.
            self._unjudged += [each for each in errors if not _broken(each)]
            self._on_rebalance()
            return Polled({}, no_member(self._group))
        unjudged, self._unjudged = self._unjudged, []
        mended = Mended(dict(found))
        try:
            broken = {place for each in errors if (place := _broken(each))}
            self._refuse([*unjudged, *(each for each in errors if not _broken(each))])
            broken |= {place for place, part in found.items() if self._lost_its_way(place, part)}
            if broken:
                mended.mend_batches(broken, self._second_look, self._position, max_records)
            if headless:
                mended.mend_headers(headless, self._second_look)
        except BaseException:
            self._give_back(found)
            self.seek(mended.onwards)
            raise
        for partition, part in mended.records.items():
            self._positions[partition] = part[-1].offset + 1
        self.seek(mended.onwards)
        return Polled(mended.records, read_membership(self._group, token, self._rebalances), mended.faults)

    def _lost_its_way(self, partition: Partition, part: Sequence[Record]) -> bool:
        """Whether records have been given before, or do not rise: after damage librdkafka may begin anywhere, silently.

        A log that ends before the position has been cut shorter, and is read as it is now. Where it ends is asked of
        the broker: what librdkafka remembers of it is lost with its way.
        """
        offsets = [record.offset for record in part]
        if any(map(ge, offsets, offsets[1:])):
            return True
        position = self._positions.get(partition, -1)
        if offsets[0] >= position:
            return False
        with reaching(self._servers, "read the end of a partition", self._complaints):
            _low, high = self._consumer.get_watermark_offsets(TopicPartition(*partition), timeout=_OFFSETS_SECONDS)
        return position <= int(high)

    def _position(self, partition: Partition) -> int:
        """Where the partition was being read before this poll."""
        position = self._positions.get(partition, -1)
        if position >= 0:
            return position
        asked = TopicPartition(*partition)
        with reaching(self._servers, "read the group's offsets", self._complaints):
            (found,) = self._consumer.committed([asked], timeout=_OFFSETS_SECONDS)
            low, _high = self._consumer.get_watermark_offsets(asked, timeout=_OFFSETS_SECONDS)
        return max(int(low), int(found.offset))

    def _consume(self, timeout_seconds: float, most: int) -> list[Message]:
        """What is here already; else wait for a first record, and a little for more: `consume` would wait for all."""
        found: list[Message] = self._consumer.consume(most, 0)
        if not found and timeout_seconds > 0:
            found = self._consumer.consume(1, timeout_seconds)
            if found and most > 1:
                found += self._consumer.consume(most - 1, min(_FILL_SECONDS, timeout_seconds))
        return found

    def _refuse(self, errors: Sequence[Message]) -> None:
        for message in errors:
            error = message.error()
            if error is None or is_passing(error):
                log.debug("librdkafka complains", extra={"error": str(error)})
            else:
                raise unreached(error, self._servers, _doing(message), self._complaints)
        if self._complaints.refusal is not None and not self._assigned:  # one that has worked may work again
            raise unreached(self._complaints.refusal, self._servers, "poll", self._complaints)

    def _give_back(self, found: Mapping[Partition, Sequence[Record]]) -> None:
        self.seek({partition: min(record.offset for record in part) for partition, part in found.items()})

    def seek(self, positions: Mapping[Partition, int]) -> None:
        """Read on from these offsets; partitions that are not assigned any more are passed over."""
        for partition, offset in positions.items():
            about = {"topic": partition.topic, "partition": partition.number}
            if partition not in self._assigned:
                log.info("partition went to another worker", extra=about)
                continue
            self._positions[partition] = offset
            try:
                self._consumer.seek(TopicPartition(partition.topic, partition.number, offset))
            except KafkaException as error:
                # Given a moment ago: librdkafka still asks for its committed offset, and begins there.
                log.info("partition begins at its committed offset", extra={**about, "error": str(error_of(error))})

    def rewind(self) -> None:
        """Read every assigned partition on from the group's committed offset, or its beginning where there is none.

        A member that cannot learn its offsets gives way to a new one, which begins at them: after a long silence of the
        broker librdkafka has been seen asking in vain for ever, while new clients were answered at once.
        """
        asked = [TopicPartition(*partition) for partition in self._assigned]
        try:
            with reaching(self._servers, "read the group's offsets", self._complaints):
                found = self._consumer.committed(asked, timeout=_OFFSETS_SECONDS) if asked else []
        except BrokerUnavailable:
            self._join_anew()
            raise
        self.seek(
            {
                Partition(each.topic, each.partition): each.offset if each.offset >= 0 else OFFSET_BEGINNING
                for each in found
            }
        )

    def _join_anew(self) -> None:
        log.warning("a consumer that could not learn its offsets is replaced", extra={"group": self._group})
        end_within(_LEAVE_SECONDS, self._consumer.close, "consumer")
        self._assigned = frozenset()
        self._positions.clear()
        self._rebalances += 1
        self._join()

    def assignment(self) -> frozenset[Partition]:
        """The partitions that this member has."""
        return self._assigned

    def end_offsets(self, partitions: Collection[Partition]) -> Mapping[Partition, int]:
        """The end of each partition as of its last fetch, without asking the broker; unknown ones are left out."""
        ends = {}
        for partition in self._assigned.intersection(partitions):
            _low, high = self._consumer.get_watermark_offsets(TopicPartition(*partition), cached=True)
            if high >= 0:
                ends[partition] = high
        return ends

    def close(self, timeout_seconds: float) -> None:
        """Leave the group; commits nothing."""
        end_within(timeout_seconds, self._consumer.close, "consumer")
        self._fetch.close()

    def _given(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        if consumer is self._consumer:  # one that was replaced may still be leaving
            self._forget(partitions)
            self._assigned |= _partitions(partitions)
            self._rebalances += 1

    def _taken(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        if consumer is self._consumer:
            self._forget(partitions)
            self._assigned -= _partitions(partitions)
            self._rebalances += 1

    def _forget(self, partitions: list[TopicPartition]) -> None:
        for partition in _partitions(partitions):
            self._positions.pop(partition, None)


def _broken(message: Message) -> Partition | None:
    """The partition in which something could not be parsed, if that is what the message says."""
    error, topic, number = message.error(), message.topic(), message.partition()
    if error is None or not is_of_parsing(error) or topic is None or number is None:
        return None
    return Partition(topic, number)


def _doing(message: Message) -> str:
    """What failed; errors of the group come without a place."""
    return f"read {message.topic()}-{message.partition()}" if message.topic() else "poll"


def _partitions(theirs: Collection[TopicPartition]) -> frozenset[Partition]:
    return frozenset(Partition(each.topic, each.partition) for each in theirs)
