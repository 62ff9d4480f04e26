"""Each way gives a Kafka that takes a record and gives it back, and leaves nothing listening."""

import socket

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

import local_services

pytestmark = pytest.mark.kafka


def produce_in_transaction(servers: str, value: bytes) -> None:
    admin = KafkaAdminClient(bootstrap_servers=servers)
    admin.create_topics([NewTopic("rides", num_partitions=1, replication_factor=1)])
    admin.close()
    producer = KafkaProducer(bootstrap_servers=servers, transactional_id="test")
    producer.init_transactions()
    producer.begin_transaction()
    producer.send("rides", value).get(timeout=20)
    producer.commit_transaction()
    producer.close()


def consume(servers: str) -> bytes:
    consumer = KafkaConsumer(
        bootstrap_servers=servers,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        consumer_timeout_ms=20_000,
    )
    consumer.assign([TopicPartition("rides", 0)])
    value: bytes = next(consumer).value
    consumer.close()
    return value


@pytest.mark.parametrize(("way", "needs"), [("docker", "engine"), ("jars", "java")])
def test_a_record_goes_in_and_out_and_nothing_stays(way: str, needs: str, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(needs)
    said: list[str] = []
    with local_services.kafka([way], report=said.append) as running:
        assert running.origin == way
        # In a transaction: for it the broker must reach itself at the address that it gives to us.
        produce_in_transaction(running.bootstrap_servers, b"a ride")
        assert consume(running.bootstrap_servers) == b"a ride"
    assert any(line.startswith("starting") for line in said)
    host, port = running.bootstrap_servers.split(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), 2)
