"""Where no broker is, each of the client's calls says so at once; librdkafka would try for ever."""

import socket
from collections.abc import Callable

import pytest

from scoring.errors import BrokerUnavailable
from scoring.settings.kafka_settings import KafkaSettings
from scoring.settings.worker_settings import WorkerSettings
from worker.clients.client import TopicPlan
from worker.clients.confluent.client import ConfluentClient


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.consumer(),
        lambda client: client.producer("slot"),
        lambda client: client.writer(),
        lambda client: client.reader("rides", from_beginning=True),
        lambda client: client.partition_counts(["rides"]),
        lambda client: client.group_offsets(),
        lambda client: client.create_topics([TopicPlan("rides", 1, 1, {})]),
        lambda client: client.delete_topics(["rides"]),
    ],
    ids=["consumer", "producer", "writer", "reader", "counts", "offsets", "create", "delete"],
)
def test_a_dead_broker_is_named(call: Callable[[ConfluentClient], object]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    client = ConfluentClient(KafkaSettings(bootstrap_servers=address), WorkerSettings())
    with pytest.raises(BrokerUnavailable, match=rf"{address}.*KAFKA_BOOTSTRAP_SERVERS"):
        call(client)


def test_what_a_topic_takes_is_not_known_where_nobody_answers() -> None:
    client = ConfluentClient(KafkaSettings(bootstrap_servers="127.0.0.1:1"), WorkerSettings())
    assert client._limits.batch_bytes("rides") == 1_000_000
