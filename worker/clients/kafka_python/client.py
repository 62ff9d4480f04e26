"""The client protocol on kafka-python: builds consumers, producers, readers and topics from the settings."""

from collections.abc import Callable, Collection, Mapping

import kafka.errors as theirs
from kafka import KafkaAdminClient

from scoring.settings.kafka_settings import KafkaSettings
from scoring.settings.worker_settings import WorkerSettings
from worker.clients.client import GroupOffset, Partition, TopicPlan
from worker.clients.kafka_python.configuration import (
    connection,
    consumer_options,
    producer_options,
    reader_options,
    warn_without_crc32c,
    writer_options,
)
from worker.clients.kafka_python.consumer import KafkaPythonConsumer
from worker.clients.kafka_python.errors import reaching
from worker.clients.kafka_python.group_offsets import read_group_offsets
from worker.clients.kafka_python.producer import KafkaPythonProducer, KafkaPythonWriter
from worker.clients.kafka_python.reader import KafkaPythonReader
from worker.clients.listener import Listener
from worker.clients.refused_topic import refused_topic


class KafkaPythonClient:
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
        warn_without_crc32c()

    def consumer(self, instance: str = "") -> KafkaPythonConsumer:
        """A new member of the worker's group; with an instance name it is a static one."""
        self._listener.refuse_unfit()
        options = consumer_options(self._kafka, self._worker, instance)
        return KafkaPythonConsumer(self._worker.input_topic, self._servers, options, self._on_rebalance)

    def producer(self, transactional_id: str) -> KafkaPythonProducer:
        """A producer whose predecessor's open transaction, under the same id, has been aborted."""
        self._listener.refuse_unfit()
        options = producer_options(self._kafka, self._worker, transactional_id)
        return KafkaPythonProducer(self._servers, options, self._worker.delivery_timeout_seconds)

    def writer(self) -> KafkaPythonWriter:
        """A plain producer."""
        self._listener.refuse_unfit()
        return KafkaPythonWriter(self._servers, writer_options(self._kafka))

    def reader(self, topic: str, *, from_beginning: bool) -> KafkaPythonReader:
        """Reads every partition of a topic."""
        self._listener.refuse_unfit()
        return KafkaPythonReader(topic, self._servers, reader_options(self._kafka), from_beginning=from_beginning)

    def partition_counts(self, topics: Collection[str]) -> Mapping[str, int]:
        """How many partitions each topic has; topics that do not exist are left out."""
        self._listener.refuse_unfit()
        with reaching(self._servers, "list topics"), KafkaAdminClient(**connection(self._kafka)) as admin:
            there = sorted(set(topics) & set(admin.list_topics()))
            found = admin.describe_topics(there) if there else []
        return {each["name"]: len(each["partitions"]) for each in found}

    def group_offsets(self) -> Mapping[Partition, GroupOffset]:
        """How far the worker's group has come in the input topic, without joining it; empty without such a topic."""
        self._listener.refuse_unfit()
        options = reader_options(self._kafka) | {"group_id": self._worker.group}
        return read_group_offsets(self._worker.input_topic, self._servers, options)

    def create_topics(self, plans: Collection[TopicPlan]) -> Mapping[str, bool]:
        """Make topics; whether each was made, False where it existed."""
        self._listener.refuse_unfit()
        made = {}
        with reaching(self._servers, "connect"), KafkaAdminClient(**connection(self._kafka)) as admin:
            for plan in plans:
                wanted = {
                    "num_partitions": plan.partitions,
                    "replication_factor": plan.replication,
                    "configs": dict(plan.configuration),
                }
                try:
                    admin.create_topics({plan.name: wanted}, wait_for_metadata=True)
                    made[plan.name] = True
                except theirs.TopicAlreadyExistsError:
                    made[plan.name] = False
                except theirs.BrokerResponseError as error:
                    too_few = isinstance(error, theirs.InvalidReplicationFactorError)
                    raise refused_topic(plan, str(error), too_few_brokers=too_few) from error
        return made

    def delete_topics(self, topics: Collection[str]) -> None:
        """Delete topics and all that is in them; those that do not exist are passed over."""
        self._listener.refuse_unfit()
        with reaching(self._servers, "delete topics"), KafkaAdminClient(**connection(self._kafka)) as admin:
            there = sorted(set(topics) & set(admin.list_topics()))
            if there:
                admin.delete_topics(there)
