"""Topics and groups, as confluent-kafka's admin client tells and changes them."""

import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Any

from confluent_kafka import (
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, OffsetSpec, ResourceType

from worker.clients.client import GroupOffset, Partition, TopicPlan
from worker.clients.confluent.closing import end_within
from worker.clients.confluent.configuration import CONNECT_SECONDS
from worker.clients.confluent.errors import Complaints, error_of, reaching
from worker.clients.confluent.patience import first_answer
from worker.clients.refused_topic import refused_topic

_GRACE_SECONDS = 1.0  # for an answer that librdkafka gives up on itself
_SEEN_SECONDS = 15.0
_LOOK_SECONDS = 0.05
_CLOSE_SECONDS = 2.0


class Topics:
    """A short connection to ask and tell about topics; a context manager.

    Every method raises BrokerUnavailable where no broker answers in time, and BrokerError where one refuses.

    Args:
        servers: for messages.
        options: librdkafka's.
    """

    def __init__(self, servers: str, options: Mapping[str, Any]) -> None:
        self._servers = servers
        self._complaints = Complaints()
        with self._reaching("connect"):
            self._admin = AdminClient({**options, "error_cb": self._complaints})

    def __enter__(self) -> "Topics":
        return self

    def __exit__(self, *_raised: object) -> None:
        only = [self._admin]
        del self._admin
        end_within(_CLOSE_SECONDS, only.clear, "admin")

    def partitions(self) -> dict[str, int]:
        """How many partitions each topic has."""
        with self._reaching("list topics"):
            found = first_answer(
                lambda seconds: self._admin.list_topics(timeout=seconds), lambda: self._admin.poll(0), self._complaints
            ).topics
        return {name: len(topic.partitions) for name, topic in found.items() if topic.error is None}

    def create(self, plan: TopicPlan) -> bool:
        """Make a topic and wait until it is seen; False where it existed."""
        wanted = NewTopic(plan.name, plan.partitions, plan.replication, config=dict(plan.configuration))
        with self._reaching(f"make the topic {plan.name}"):
            try:
                _each(self._admin.create_topics([wanted], request_timeout=CONNECT_SECONDS))
            except KafkaException as error:
                if error_of(error).code() == KafkaError.TOPIC_ALREADY_EXISTS:
                    return False
                if error_of(error).code() > 0:  # a broker's own; librdkafka's are negative
                    too_few = error_of(error).code() == KafkaError.INVALID_REPLICATION_FACTOR
                    raise refused_topic(plan, str(error_of(error)), too_few_brokers=too_few) from error
                raise
        self._wait_until(lambda: self.partitions().get(plan.name) == plan.partitions)
        return True

    def delete(self, topics: Collection[str]) -> None:
        """Delete topics that exist, and wait until they are not seen any more."""
        there = sorted(set(topics) & set(self.partitions()))
        if not there:
            return
        with self._reaching("delete topics"):
            _each(self._admin.delete_topics(there, request_timeout=CONNECT_SECONDS))
        self._wait_until(lambda: not set(there) & set(self.partitions()))

    def record_limit(self, topic: str) -> int | None:
        """How many bytes a batch of a topic may have; None where the broker does not tell."""
        wanted = ConfigResource(ResourceType.TOPIC, topic)
        try:
            found = _each(self._admin.describe_configs([wanted], request_timeout=CONNECT_SECONDS))
        except KafkaException:  # not there, or this client may not ask
            return None
        value = found[wanted]["max.message.bytes"].value
        return int(value) if value else None

    def group_offsets(self, group: str, topic: str) -> dict[Partition, GroupOffset]:
        """How far a group has come in each partition of a topic; none without such a topic."""
        places = [TopicPartition(topic, number) for number in range(self.partitions().get(topic, 0))]
        if not places:
            return {}
        asked = ConsumerGroupTopicPartitions(group, places)
        with self._reaching(f"read the offsets of {topic}"):
            committed = _each(self._admin.list_consumer_group_offsets([asked], request_timeout=CONNECT_SECONDS))[group]
            ends = _each(
                self._admin.list_offsets(
                    {place: OffsetSpec.latest() for place in places},
                    isolation_level=IsolationLevel.READ_COMMITTED,
                    request_timeout=CONNECT_SECONDS,
                )
            )
        next_offsets = {each.partition: each.offset for each in committed.topic_partitions if each.offset >= 0}
        return {
            Partition(topic, place.partition): GroupOffset(next_offsets.get(place.partition), ends[place].offset)
            for place in places
        }

    def _wait_until(self, seen: Callable[[], bool]) -> None:
        """Brokers tell one another of topics in their own time; what is not seen by then is still made."""
        deadline = time.monotonic() + _SEEN_SECONDS
        while not seen() and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)

    def _reaching(self, doing: str) -> AbstractContextManager[None]:
        return reaching(self._servers, doing, self._complaints)


def _each(futures: Mapping[Any, Future[Any]]) -> dict[Any, Any]:
    return {name: future.result(CONNECT_SECONDS + _GRACE_SECONDS) for name, future in futures.items()}
