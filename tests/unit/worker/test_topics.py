"""The topics that the stream door needs."""

import pytest

from scoring.settings.worker_settings import WorkerSettings
from worker.clients.memory import MemoryClient
from worker.clients.memory_broker import MemoryBroker
from worker.topics import create_topics, plan_topics

SETTINGS = WorkerSettings(input_topic="in", output_topic="out", dead_letter_topic="dead", group="group")


@pytest.mark.parametrize(("replication", "durable"), [(1, {}), (2, {}), (3, {"min.insync.replicas": "2"})])
def test_three_topics_of_as_many_partitions(replication: int, durable: dict[str, str]) -> None:
    plans = plan_topics(SETTINGS, 6, replication)
    assert [plan.name for plan in plans] == ["in", "out", "dead"]
    assert {(plan.partitions, plan.replication) for plan in plans} == {(6, replication)}
    assert [dict(plan.configuration) for plan in plans[:2]] == [durable, durable]


def test_a_dead_letter_may_be_larger_than_its_ride() -> None:
    """It is its ride and six headers more; Kafka takes 1,048,588 bytes by default."""
    (_rides, _predictions, dead_letters) = plan_topics(SETTINGS, 1, 3)
    assert int(dead_letters.configuration["max.message.bytes"]) >= 1_048_588 + 100_000
    assert dead_letters.configuration["min.insync.replicas"] == "2"


def test_only_what_is_missing_is_made() -> None:
    broker = MemoryBroker()
    broker.create("out", 9)
    client = MemoryClient(broker, "in", "group")
    assert create_topics(client, SETTINGS, 3, 1) == {"in": True, "out": False, "dead": True}
    assert client.partition_counts(["in", "out", "dead"]) == {"in": 3, "out": 9, "dead": 3}
    assert create_topics(client, SETTINGS, 3, 1) == {"in": False, "out": False, "dead": False}
