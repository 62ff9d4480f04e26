"""What the broker itself says, asked past the worker: records, offsets, transactions; and makes a run's topics."""

import contextlib
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import msgspec
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError, TopicAlreadyExistsError

from tests.chaos.expected import Found, Source
from tests.chaos.patience import Patience

_READ_SECONDS = 180.0
_TRY_SECONDS = 40.0
_CONNECT_MS = 5_000
_OVER = frozenset({"Empty", "CompleteCommit", "CompleteAbort", "Dead"})

Answer = TypeVar("Answer")


class BrokerView:
    """Looks at one cluster by an address that no fault touches."""

    def __init__(self, servers: str, patience: Patience) -> None:
        self._servers = servers.split(",")
        self._patience = patience

    def create_topics(self, plans: Mapping[str, tuple[int, int, Mapping[str, str]]]) -> None:
        """Make topics: partitions, replication and configuration by name; names that no other run has."""
        for name, (partitions, copies, configuration) in plans.items():
            wanted = {"num_partitions": partitions, "replication_factor": copies, "configs": dict(configuration)}
            self.ask(partial(_create_topic, name=name, wanted=wanted))

    def configure_topic(self, topic: str, **configuration: str) -> None:
        """Change a topic's configuration; names have underscores for dots."""
        named = {name.replace("_", "."): value for name, value in configuration.items()}
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, named)
        self.ask(lambda admin: admin.alter_configs([resource]))

    def ends(self, topic: str, *, committed: bool) -> dict[int, int]:
        """The end of each partition: the last stable offset, or that of everything."""
        consumer = self._consumer(committed=committed)
        try:
            partitions = self._partitions(consumer, topic)
            return {tp.partition: end for tp, end in consumer.end_offsets(partitions).items()}
        finally:
            consumer.close(autocommit=False)

    def group_offsets(self, group: str, topic: str) -> dict[int, int]:
        """What the group has committed."""
        found = self.ask(lambda admin: admin.list_group_offsets({group: None}))
        return {tp.partition: entry.offset for tp, entry in found[group].items() if tp.topic == topic}

    def members(self, group: str) -> int:
        """How many members the group has."""
        (found,) = self.ask(lambda admin: admin.describe_groups([group])).values()
        members = found["members"] if isinstance(found, dict) else found.members
        return len(members)

    def transactional_ids(self, prefix: str) -> dict[str, tuple[int, str]]:
        """Every id that begins so: the node that coordinates it, and its state."""
        listed = self.ask(lambda admin: admin.list_transactions())
        return {
            each.transactional_id: (node, each.state.value)
            for node, listings in listed.items()
            for each in listings
            if each.transactional_id.startswith(prefix)
        }

    def open_transactions(self, prefix: str, topics: list[str]) -> list[str]:
        """Transactions that are not over, as coordinators and as partition leaders tell them."""
        states = {name: state for name, (_node, state) in self.transactional_ids(prefix).items()}
        found = [f"{name} is {state}" for name, state in states.items() if state not in _OVER]
        if not states:
            found.append(f"no coordinator knows a transactional id that begins with {prefix}")
        described = self.ask(lambda admin: admin.describe_topics(topics))
        partitions = [
            TopicPartition(each["name"], part["partition_index"]) for each in described for part in each["partitions"]
        ]
        producers = self.ask(lambda admin: admin.describe_producers(partitions))
        return found + [
            f"producer {producer.producer_id} has a transaction open on {tp.topic}-{tp.partition}"
            for tp, state in producers.items()
            for producer in state.active_producers
            if producer.current_transaction_start_offset >= 0
        ]

    def read(self, topic: str, *, committed: bool) -> list[Any]:
        """Every record of a topic, in offset order within each partition."""
        consumer = self._consumer(committed=committed)
        try:
            partitions = self._partitions(consumer, topic)
            ends = consumer.end_offsets(partitions)
            consumer.assign(partitions)
            consumer.seek_to_beginning(*partitions)
            records: list[Any] = []
            deadline = time.monotonic() + _READ_SECONDS
            while any(consumer.position(tp) < ends[tp] for tp in partitions):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{topic} could not be read to its end in {_READ_SECONDS:.0f} s")
                records += [record for part in consumer.poll(500, max_records=5_000).values() for record in part]
            return records
        finally:
            consumer.close(autocommit=False)

    def _consumer(self, *, committed: bool) -> KafkaConsumer:
        return KafkaConsumer(
            bootstrap_servers=self._servers,
            isolation_level="read_committed" if committed else "read_uncommitted",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            group_id=None,
        )

    @staticmethod
    def _partitions(consumer: KafkaConsumer, topic: str) -> list[TopicPartition]:
        return [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]

    def ask(self, question: Callable[[Any], Answer]) -> Answer:
        """Ask an admin client; tried again while coordinators are loading or a node is gone."""
        deadline = time.monotonic() + _TRY_SECONDS
        while True:
            try:
                with KafkaAdminClient(bootstrap_servers=self._servers, bootstrap_timeout_ms=_CONNECT_MS) as admin:
                    return question(admin)
            except KafkaError:
                if time.monotonic() > deadline:
                    raise
                self._patience.pause(0.3)


def found_prediction(record: Any) -> Found:
    """Read a record of the predictions topic; one that cannot be read has no source, and so is wrong."""
    headers = list(record.headers)
    try:
        fields = msgspec.json.decode(record.value or b"")
        topic, partition, offset = dict(headers)["ridescore.source"].decode().rsplit("-", 2)
        source = Source(topic, int(partition), int(offset))
        answer = (float(fields["duration"]), str(fields["ride_id"]), str(fields["model_version"]))
    except (msgspec.DecodeError, LookupError, ValueError, TypeError, AttributeError):
        source, answer = None, (0.0, "", "")
    minutes, ride_id, version = answer
    return Found(
        True,
        record.partition,
        source,
        record.key,
        record.value,
        headers,
        record.timestamp,
        "",
        minutes,
        ride_id,
        version,
    )


def found_dead_letter(record: Any) -> Found:
    """Read a record of the dead letters topic."""
    headers = list(record.headers)
    named = dict(headers)
    try:
        topic, partition, offset = (
            named[f"__connect.errors.{part}"].decode() for part in ("topic", "partition", "offset")
        )
        source, reason = Source(topic, int(partition), int(offset)), named["ridescore.reason"].decode()
    except (LookupError, ValueError, AttributeError):
        source, reason = None, ""
    return Found(False, record.partition, source, record.key, record.value, headers, record.timestamp, reason)


def _create_topic(admin: KafkaAdminClient, name: str, wanted: Mapping[str, Any]) -> None:
    # There already: a try before this one had made it, and only its answer was lost.
    with contextlib.suppress(TopicAlreadyExistsError):
        admin.create_topics({name: wanted}, wait_for_metadata=True)
