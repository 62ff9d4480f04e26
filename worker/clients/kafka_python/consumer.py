"""The group member on kafka-python.

Its group metadata is live and is reset on session loss, so it is copied beside each poll. Its listener is called on the
I/O thread, so that it may only set a flag.
"""

import logging
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import kafka.errors as theirs
from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition

from worker.clients.client import Membership, Partition, Place, Polled, Record
from worker.clients.kafka_python.errors import is_of_parsing, reaching
from worker.clients.second_look.raw_fetch import RawFetch
from worker.clients.second_look.record import SeenRecord
from worker.clients.second_look.second_look import SecondLook

log = logging.getLogger(__name__)

_OFFSETS_MS = 15_000
_READING_OFFSETS = "read the group's offsets"
_SETTLING_MS = 500  # of one poll: a live broker answers in a few


class KafkaPythonConsumer:
    """A consumer of one topic in the worker's group.

    Args:
        topic: to subscribe to.
        servers: for messages.
        options: kafka-python's, see :mod:`worker.clients.kafka_python.configuration`.
        on_rebalance: called in :meth:`poll` after the assignment has changed.
    """

    def __init__(self, topic: str, servers: str, options: dict[str, Any], on_rebalance: Callable[[], None]) -> None:
        self._servers = servers
        self._on_rebalance = on_rebalance
        self._rebalanced = threading.Event()
        self._told_of_waiting = False
        with reaching(servers, "connect"):
            self._consumer = KafkaConsumer(**options)
            self._second_look = SecondLook(RawFetch(self._consumer))
            self._consumer.subscribe([topic], listener=_Flag(self._rebalanced))
            # Before it joins: a leader that shares out a topic which it does not know yet gives out nothing, and
            # where the metadata comes at that moment it takes its empty assignment for the right one (ADR 0008).
            self._consumer.partitions_for_topic(topic)

    def poll(self, timeout_seconds: float, max_records: int) -> Polled:
        """Wait for records; rebalances happen in here and nowhere else."""
        faults: Mapping[Place, str] = {}
        records: Mapping[TopicPartition, Sequence[Record]]
        try:
            records = self._consumer.poll(timeout_ms=max(0, int(timeout_seconds * 1000)), max_records=max_records)
        except Exception as error:  # noqa: BLE001  # its parser and its codecs raise whatever they like
            with reaching(self._servers, "poll"):
                records, faults = self._look_again(error, max_records)
        their = self._consumer.group_metadata()
        membership = Membership(their.group_id, their.generation_id, their.member_id, their.group_instance_id)
        if self._rebalanced.is_set():
            self._settle(timeout_seconds)
            return Polled({}, Membership(membership.group, -1, ""))
        return Polled({Partition(tp.topic, tp.partition): part for tp, part in records.items()}, membership, faults)

    def _settle(self, timeout_seconds: float) -> None:
        """Go to the group's offsets, as kafka-python keeps its position in partitions that it has again though others
        may have gone on there meanwhile; where a transaction of theirs is still open, the next poll tries again.
        """
        with reaching(self._servers, _READING_OFFSETS):
            try:
                self._rewind(max(_SETTLING_MS, int(timeout_seconds * 1000)))
            except theirs.KafkaTimeoutError:
                if not self._told_of_waiting:
                    log.warning(
                        "waiting for the group's offsets: a transaction of another worker is open, or no answer"
                    )
                    self._told_of_waiting = True
                return
        self._told_of_waiting = False
        self._rebalanced.clear()
        self._on_rebalance()

    def _look_again(
        self, error: Exception, most: int
    ) -> tuple[dict[TopicPartition, list[SeenRecord]], dict[Place, str]]:
        """Read by ourselves what kafka-python could not parse, and move it past that; other errors are raised again.

        What it had half read must go, or its next poll would never return: it takes the rest of a batch that it gave up
        for one that is about to give records.
        """
        if not is_of_parsing(error):
            raise error
        half_read = self._consumer._fetcher._next_partition_records
        if half_read:
            half_read.drain()
        for place in self._suspects(half_read):
            offset = self._consumer.position(place, timeout_ms=_OFFSETS_MS)
            if offset is None:
                continue
            seen = self._second_look.at(Partition(*place), offset).first(most)
            if place == getattr(half_read, "topic_partition", None) or seen.faulty or not seen.intact:
                self._consumer.seek(place, seen.next_offset)
                return {place: seen.records} if seen.records else {}, seen.faults
        raise error

    def _suspects(self, half_read: Any) -> list[TopicPartition]:
        """Every partition of ours, the one that was being read first."""
        assigned = sorted(self._consumer.assignment())
        return sorted(assigned, key=lambda place: place != getattr(half_read, "topic_partition", None))

    def seek(self, positions: Mapping[Partition, int]) -> None:
        """Read on from these offsets; partitions that are not assigned any more are passed over."""
        assigned = self._consumer.assignment()
        for partition, offset in positions.items():
            if TopicPartition(*partition) in assigned:
                self._consumer.seek(TopicPartition(*partition), offset)
            else:
                log.info("partition went to another worker", extra=_about(partition))

    def rewind(self) -> None:
        """Read every assigned partition on from the group's committed offset, or its beginning where there is none."""
        with reaching(self._servers, _READING_OFFSETS):
            self._rewind(_OFFSETS_MS)

    def _rewind(self, timeout_ms: int) -> None:
        for partition in self._consumer.assignment():
            committed = self._consumer.committed(partition, timeout_ms=timeout_ms)
            if committed is None:
                self._consumer.seek_to_beginning(partition)
            else:
                self._consumer.seek(partition, committed)

    def assignment(self) -> frozenset[Partition]:
        """The partitions that this member has."""
        return frozenset(Partition(tp.topic, tp.partition) for tp in self._consumer.assignment())

    def end_offsets(self, partitions: Collection[Partition]) -> Mapping[Partition, int]:
        """The end of each partition as of its last fetch, without asking the broker; unknown ones are left out."""
        ends = {}
        for partition in partitions:
            try:
                end = self._consumer.highwater(TopicPartition(*partition))
            except theirs.IllegalStateError:
                continue
            if end is not None:
                ends[partition] = end
        return ends

    def close(self, timeout_seconds: float) -> None:
        """Leave the group; commits nothing."""
        try:
            self._consumer.close(autocommit=False, timeout_ms=int(timeout_seconds * 1000))
        except theirs.KafkaError as error:
            log.warning("the consumer did not close cleanly", extra={"error": str(error)})


def _about(partition: Partition) -> dict[str, object]:
    return {"topic": partition.topic, "partition": partition.number}


class _Flag(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python carries no types
    def __init__(self, event: threading.Event) -> None:
        self._event = event

    def on_partitions_revoked(self, revoked: object) -> None:  # noqa: ARG002
        self._event.set()

    def on_partitions_assigned(self, assigned: object) -> None:  # noqa: ARG002
        self._event.set()
