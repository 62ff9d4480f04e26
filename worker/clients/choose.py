"""Which Kafka client speaks: the one that the settings name. Imports no client but that one."""

from collections.abc import Callable

from scoring.errors import SettingsError
from scoring.settings.kafka_settings import KafkaSettings
from scoring.settings.worker_settings import WorkerSettings
from worker.clients.client import Client


def build_client(
    kafka: KafkaSettings, worker: WorkerSettings, on_rebalance: Callable[[], None] = lambda: None
) -> Client:
    """The client that `KAFKA_CLIENT` names; it connects when it is used.

    Args:
        kafka: how to reach the brokers, and by which client.
        worker: topics, group and timeouts.
        on_rebalance: called by a consumer's poll after its assignment has changed.

    Raises:
        SettingsError: that client is not installed.
    """
    if kafka.client == "confluent":
        try:
            from worker.clients.confluent.client import ConfluentClient
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "confluent_kafka":
                raise
            raise SettingsError(
                "KAFKA_CLIENT=confluent needs confluent-kafka, which is not installed: pip install ridescore[fast]"
            ) from error
        return ConfluentClient(kafka, worker, on_rebalance)

    from worker.clients.kafka_python.client import KafkaPythonClient

    return KafkaPythonClient(kafka, worker, on_rebalance)
