"""The client protocol on confluent-kafka: builds consumers, producers, readers and topics from the settings."""

from collections.abc import Callable, Collection, Mapping

from scoring.errors import BrokerError
from scoring.settings.kafka_settings import KafkaSettings
from scoring.settings.worker_settings import WorkerSettings
from worker.clients.client import GroupOffset, Partition, TopicPlan
from worker.clients.confluent.configuration import (
    connection,
    consumer_options,
    producer_options,
    reader_options,
    writer_options,
)
from worker.clients.confluent.consumer import ConfluentConsumer
from worker.clients.confluent.producer import ConfluentProducer
from worker.clients.confluent.reader import ConfluentReader
from worker.clients.confluent.topic_limits import TopicLimits
from worker.clients.confluent.topics import Topics
from worker.clients.confluent.writer import ConfluentWriter
from worker.clients.kafka_python.configuration import reader_options as kafka_python_options
from worker.clients.listener import Listener
from worker.clients.second_look.lazy_fetch import LazyFetch


class ConfluentClient:
    """See :class:`worker.clients.client.Client`.

    Args:
        kafka: how to reach the brokers.
        worker: topics, group and timeouts.
        on_rebalance: called by a consumer's poll after its assignment has changed.
    """

    def __init__(
        self, kafka: KafkaSettings, worker: WorkerSettings, on_rebalance: Callable[[], None] = lambda: None
    ) -> None:
        self._kafka = kafka
        self._worker = worker
        self._on_rebalance = on_rebalance
        self._servers = kafka.bootstrap_servers
        self._listener = Listener(kafka)
        self._limits = TopicLimits(self._record_limit)

    def consumer(self, instance: str = "") -> ConfluentConsumer:
        """A new member of the worker's group; with an instance name it is a static one."""
        self._listener.refuse_unfit()
        options = consumer_options(self._kafka, self._worker, instance)
        fetch = LazyFetch(self._servers, kafka_python_options(self._kafka))
        return ConfluentConsumer(self._worker.input_topic, self._servers, options, self._on_rebalance, fetch)

    def producer(self, transactional_id: str) -> ConfluentProducer:
        """A producer whose predecessor's open transaction, under the same id, has been aborted."""
        self._listener.refuse_unfit()
        options = producer_options(self._kafka, self._worker, transactional_id)
        return ConfluentProducer(
            self._servers,
            options,
            self._limits,
            self._worker.delivery_timeout_seconds,
            self._worker.transaction_timeout_seconds,
        )

    def writer(self) -> ConfluentWriter:
        """A plain producer."""
        self._listener.refuse_unfit()
        return ConfluentWriter(self._servers, writer_options(self._kafka), self._limits)

    def reader(self, topic: str, *, from_beginning: bool) -> ConfluentReader:
        """Reads every partition of a topic."""
        self._listener.refuse_unfit()
        return ConfluentReader(topic, self._servers, reader_options(self._kafka), from_beginning=from_beginning)

    def partition_counts(self, topics: Collection[str]) -> Mapping[str, int]:
        """How many partitions each topic has; topics that do not exist are left out."""
        with self._topics() as admin:
            found = admin.partitions()
        return {topic: found[topic] for topic in topics if topic in found}

    def group_offsets(self) -> Mapping[Partition, GroupOffset]:
        """How far the worker's group has come in the input topic, without joining it; empty without such a topic."""
        with self._topics() as admin:
            return admin.group_offsets(self._worker.group, self._worker.input_topic)

    def create_topics(self, plans: Collection[TopicPlan]) -> Mapping[str, bool]:
        """Make topics; whether each was made, False where it existed."""
        with self._topics() as admin:
            return {plan.name: admin.create(plan) for plan in plans}

    def delete_topics(self, topics: Collection[str]) -> None:
        """Delete topics and all that is in them; those that do not exist are passed over."""
        with self._topics() as admin:
            admin.delete(topics)

    def _record_limit(self, topic: str) -> int | None:
        try:
            with self._topics() as admin:
                return admin.record_limit(topic)
        except BrokerError:  # a send must not fail for a question; it will fail by itself
            return None

    def _topics(self) -> Topics:
        self._listener.refuse_unfit()
        return Topics(self._servers, connection(self._kafka))
