"""The topics that the stream door needs, and how each is made."""

from collections.abc import Mapping
from typing import Final

from scoring.settings.worker_settings import WorkerSettings
from worker.clients.client import Client, TopicPlan

# A dead letter is its ride and some headers more, so its topic must take larger records than the input's.
_DEAD_LETTER_BYTES: Final = 2 << 20


def plan_topics(settings: WorkerSettings, partitions: int, replication: int) -> list[TopicPlan]:
    """The three topics: predictions have the partitions of rides, since each keeps its ride's.

    Args:
        settings: their names.
        partitions: of each.
        replication: copies of each; with three or more, two must have a record before it counts as written.
    """
    durable = {"min.insync.replicas": "2"} if replication >= 3 else {}
    larger = {"max.message.bytes": str(_DEAD_LETTER_BYTES)}
    return [
        TopicPlan(settings.input_topic, partitions, replication, durable),
        TopicPlan(settings.output_topic, partitions, replication, durable),
        TopicPlan(settings.dead_letter_topic, partitions, replication, durable | larger),
    ]


def create_topics(client: Client, settings: WorkerSettings, partitions: int, replication: int) -> Mapping[str, bool]:
    """Make what is missing; whether each was made, False where it existed.

    Raises:
        BrokerError: the broker refused, for too few brokers or rights.
    """
    return client.create_topics(plan_topics(settings, partitions, replication))
