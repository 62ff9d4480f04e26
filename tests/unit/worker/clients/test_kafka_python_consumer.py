"""What kafka-python's consumer must be guarded against, shown on one that behaves as it does (design, section 6)."""

from types import SimpleNamespace
from typing import Any

import kafka.errors as theirs
import pytest
from kafka.structs import TopicPartition

from scoring.errors import BrokerError, BrokerUnavailable
from worker.clients.client import Membership, Partition
from worker.clients.kafka_python import consumer as subject
from worker.clients.kafka_python.consumer import KafkaPythonConsumer

ZERO, ONE = TopicPartition("rides", 0), TopicPartition("rides", 1)


class TheirConsumer:
    """As much of kafka-python's consumer as ours calls."""

    made: "TheirConsumer"

    def __init__(self, **options: Any) -> None:
        TheirConsumer.made = self
        self.options = options
        self.metadata = identity(3, "member")
        self.assigned = {ZERO, ONE}
        self.sought: list[tuple[TopicPartition, int]] = []
        self.asked: list[dict[str, int]] = []
        self.raises: Exception | None = None
        self.listener: Any = None

    def partitions_for_topic(self, topic: str) -> set[int]:
        assert [topic] == self.topics, "asked before it subscribed"
        self.known = topic
        return {0, 1}

    def subscribe(self, topics: list[str], listener: Any) -> None:
        self.topics, self.listener = topics, listener

    def poll(self, **asked: int) -> dict[TopicPartition, list[Any]]:
        self.asked.append(asked)
        if self.raises is not None:
            raise self.raises
        return {ONE: [SimpleNamespace(offset=4)]}

    def group_metadata(self) -> Any:
        return self.metadata

    def assignment(self) -> set[TopicPartition]:
        return self.assigned

    def seek(self, partition: TopicPartition, offset: int) -> None:
        if partition not in self.assigned:
            raise ValueError("Unassigned partition")  # as kafka-python 3.0.12 does
        self.sought.append((partition, offset))

    def committed(self, partition: TopicPartition, timeout_ms: int) -> int | None:
        assert timeout_ms > 0
        if self.raises is not None:
            raise self.raises
        return {ZERO: 9, ONE: None}[partition]

    def seek_to_beginning(self, partition: TopicPartition) -> None:
        self.sought.append((partition, 0))

    def highwater(self, partition: TopicPartition) -> int | None:
        if partition not in self.assigned:
            raise theirs.IllegalStateError("Partition is not assigned")
        return 10 if partition == ONE else None

    def close(self, **asked: Any) -> None:
        self.closed = asked
        if self.raises is not None:
            raise self.raises


def identity(generation: int, member: str) -> Any:
    return SimpleNamespace(group_id="group", generation_id=generation, member_id=member, group_instance_id=None)


@pytest.fixture
def rebalances() -> list[str]:
    return []


@pytest.fixture
def consumer(monkeypatch: pytest.MonkeyPatch, rebalances: list[str]) -> KafkaPythonConsumer:
    monkeypatch.setattr(subject, "KafkaConsumer", TheirConsumer)
    return KafkaPythonConsumer("rides", "host:9092", {"group_id": "group"}, lambda: rebalances.append("told"))


@pytest.fixture
def their(consumer: KafkaPythonConsumer) -> TheirConsumer:
    return TheirConsumer.made


def test_the_membership_is_taken_beside_the_records_and_stays(
    consumer: KafkaPythonConsumer, their: TheirConsumer
) -> None:
    """kafka-python's own is live: after a lost session it would say -1, which no broker fences."""
    polled = consumer.poll(0.25, 100)
    their.metadata.generation_id, their.metadata.member_id = -1, ""
    assert polled.membership == Membership("group", 3, "member", None)
    assert list(polled.records) == [Partition("rides", 1)]
    assert their.asked == [{"timeout_ms": 250, "max_records": 100}]
    assert not consumer.poll(0, 1).membership.joined


def test_the_listener_only_sets_a_flag_that_the_next_poll_tells_of(
    consumer: KafkaPythonConsumer, their: TheirConsumer, rebalances: list[str]
) -> None:
    """It is called on kafka-python's own thread."""
    consumer.poll(0, 1)
    their.listener.on_partitions_revoked([ZERO])
    their.listener.on_partitions_assigned([ONE])
    assert rebalances == []
    consumer.poll(0, 1)
    assert rebalances == ["told"]
    consumer.poll(0, 1)
    assert rebalances == ["told"]


def test_after_a_rebalance_every_partition_is_read_from_where_the_group_is(
    consumer: KafkaPythonConsumer, their: TheirConsumer
) -> None:
    """kafka-python keeps its position in a partition that it has again, though another worker may have gone on there.

    So it is where a session is lost: what was read before it was scored twice.
    """
    consumer.poll(0, 1)
    their.listener.on_partitions_revoked([ZERO, ONE])
    their.listener.on_partitions_assigned([ZERO, ONE])
    polled = consumer.poll(0, 1)
    assert not polled.records, "they were read from the old position"
    assert not polled.membership.joined
    assert sorted(their.sought) == [(ZERO, 9), (ONE, 0)]
    assert consumer.poll(0, 1).records


def test_where_the_group_is_cannot_be_had_the_next_poll_asks_again(
    consumer: KafkaPythonConsumer,
    their: TheirConsumer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    their.listener.on_partitions_assigned([ZERO])

    def away(*_asked: Any, **_named: Any) -> None:
        raise theirs.KafkaTimeoutError("slow")

    with monkeypatch.context() as broken:
        broken.setattr(their, "committed", away)
        for _ in range(3):
            assert not consumer.poll(0, 1).records
        with pytest.raises(BrokerUnavailable, match="read the group's offsets"):
            consumer.rewind()
    assert len([line for line in caplog.messages if line.startswith("waiting for the group's offsets")]) == 1
    assert not consumer.poll(0, 1).records
    assert consumer.poll(0, 1).records
    assert sorted(their.sought) == [(ZERO, 9), (ONE, 0)]


def test_a_right_that_is_lacking_after_a_rebalance_is_told_in_our_words(
    consumer: KafkaPythonConsumer, their: TheirConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kafka-python's own error would pass by whoever waits for ours."""
    their.listener.on_partitions_assigned([ZERO])

    def denied(*_asked: Any, **_named: Any) -> None:
        raise theirs.GroupAuthorizationFailedError("no")

    monkeypatch.setattr(their, "committed", denied)
    with pytest.raises(BrokerError, match="refuses to let this client read the group's offsets"):
        consumer.poll(0, 1)


def test_seeking_passes_over_what_went_to_others(consumer: KafkaPythonConsumer, their: TheirConsumer) -> None:
    consumer.seek({Partition("rides", 7): 1, Partition("rides", 0): 5, Partition("elsewhere", 0): 2})
    assert their.sought == [(ZERO, 5)]


def test_ends_that_are_not_known_are_left_out(consumer: KafkaPythonConsumer) -> None:
    wanted = [Partition("rides", number) for number in (0, 1, 7)]
    assert consumer.end_offsets(wanted) == {Partition("rides", 1): 10}


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (theirs.KafkaTimeoutError("slow"), BrokerUnavailable),
        (OSError("reset"), BrokerUnavailable),
        (theirs.GroupAuthorizationFailedError("no"), BrokerError),
    ],
    ids=["timeout", "socket", "refused"],
)
def test_a_poll_that_fails_is_told_by_what_to_do(
    error: Exception, ours: type[Exception], consumer: KafkaPythonConsumer, their: TheirConsumer
) -> None:
    their.raises = error
    with pytest.raises(BrokerError, match="host:9092") as raised:
        consumer.poll(0, 1)
    assert type(raised.value) is ours


def test_closing_commits_nothing_and_never_raises(consumer: KafkaPythonConsumer, their: TheirConsumer) -> None:
    their.raises = theirs.KafkaTimeoutError("slow")
    consumer.close(2.5)
    assert their.closed == {"autocommit": False, "timeout_ms": 2500}


def test_it_subscribes_to_its_topic(their: TheirConsumer) -> None:
    assert their.topics == ["rides"]
    assert their.options == {"group_id": "group"}
