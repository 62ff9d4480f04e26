"""kafka-python's leader that joins before it knows its topic may give out nothing, for good (ADR 0008)."""

from collections.abc import Callable

import pytest

from scoring.settings.kafka_settings import KafkaSettings
from scoring.settings.worker_settings import WorkerSettings
from worker.clients.client import TopicPlan
from worker.clients.kafka_python.client import KafkaPythonClient


@pytest.mark.kafka
def test_the_topic_is_known_before_the_first_poll(kafka_servers: str, unique_name: Callable[[str], str]) -> None:
    topic = unique_name("metadata")
    settings = WorkerSettings(input_topic=topic, group=topic)
    client = KafkaPythonClient(KafkaSettings(bootstrap_servers=kafka_servers), settings)
    client.create_topics([TopicPlan(topic, 3, 1, {})])
    consumer = client.consumer()
    try:
        assert consumer._consumer._coordinator._metadata_snapshot == {topic: {0, 1, 2}}
        for _ in range(50):
            consumer.poll(0.2, 1)
            if consumer.assignment():
                break
        assert len(consumer.assignment()) == 3
    finally:
        consumer.close(5)
        client.delete_topics([topic])
