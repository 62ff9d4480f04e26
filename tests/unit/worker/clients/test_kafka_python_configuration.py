"""kafka-python's options: defaults that lose or slow records are changed, and every one of them is an option it has."""

import builtins
import logging
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer

from scoring.settings.kafka_settings import KafkaSettings
from scoring.settings.worker_settings import WorkerSettings
from worker.clients.kafka_python.configuration import (
    connection,
    consumer_options,
    producer_options,
    reader_options,
    warn_without_crc32c,
    writer_options,
)

KAFKA = KafkaSettings(bootstrap_servers="one:9092, two:9093")
WORKER = WorkerSettings(
    group="group",
    batch_rides=123,
    transaction_timeout_seconds=20,
    delivery_timeout_seconds=40,
    session_timeout_seconds=30,
    max_poll_interval_seconds=90,
)


def test_a_consumer_skips_nothing_and_commits_nothing_by_itself() -> None:
    options = consumer_options(KAFKA, WORKER)
    assert options["auto_offset_reset"] == "earliest"
    assert options["enable_auto_commit"] is False
    assert options["isolation_level"] == "read_committed"
    assert options["group_id"] == "group"
    assert options["allow_auto_create_topics"] is False
    assert options["max_poll_records"] == 123
    assert "value_deserializer" not in options, "what it raised would stop every poll"
    assert "key_deserializer" not in options


def test_a_reader_sees_committed_records_without_a_group() -> None:
    options = reader_options(KAFKA)
    assert options["group_id"] is None
    assert options["isolation_level"] == "read_committed"
    assert options["enable_auto_commit"] is False
    assert options["auto_offset_reset"] == "earliest"


def test_producers_wait_for_all_replicas() -> None:
    for options in (producer_options(KAFKA, WORKER, "slot"), writer_options(KAFKA)):
        assert options["acks"] == "all"
        assert options["allow_auto_create_topics"] is False
        assert options.get("enable_idempotence", KafkaProducer.DEFAULT_CONFIG["enable_idempotence"]) is True
        assert options["max_request_size"] >= 8 << 20, "brokers judge what is too large"
    assert producer_options(KAFKA, WORKER, "slot")["transactional_id"] == "slot"
    assert "transactional_id" not in writer_options(KAFKA)


def test_timeouts_nest() -> None:
    producer, consumer = producer_options(KAFKA, WORKER, "slot"), consumer_options(KAFKA, WORKER)
    assert producer["transaction_timeout_ms"] == 20_000 < producer["delivery_timeout_ms"] == 40_000
    assert producer["delivery_timeout_ms"] < consumer["max_poll_interval_ms"] == 90_000
    assert producer["request_timeout_ms"] <= producer["delivery_timeout_ms"]
    assert producer["retry_backoff_ms"] < KafkaProducer.DEFAULT_CONFIG["retry_backoff_ms"], "it slows transactions"
    assert consumer["heartbeat_interval_ms"] * 3 <= consumer["session_timeout_ms"] == 30_000


def test_servers_are_split_and_secrets_are_passed_on() -> None:
    secured = KafkaSettings(
        bootstrap_servers="one:9092, two:9093",
        security_protocol="SASL_SSL",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_username="user",
        sasl_password="word",
        ssl_cafile="ca.pem",
        ssl_certfile="mine.pem",
        ssl_keyfile="mine.key",
        ssl_password="key word",
        ssl_check_hostname=False,
    )
    options = connection(secured)
    assert options["bootstrap_servers"] == ["one:9092", "two:9093"]
    wanted = {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "user",
        "sasl_plain_password": "word",
        "ssl_cafile": "ca.pem",
        "ssl_certfile": "mine.pem",
        "ssl_keyfile": "mine.key",
        "ssl_password": "key word",
        "ssl_check_hostname": False,
    }
    assert wanted.items() <= options.items()
    assert not any(name.startswith("sasl") for name in connection(KAFKA)), "unset ones are left to kafka-python"


@pytest.mark.parametrize(
    ("client", "options"),
    [
        (KafkaConsumer, consumer_options(KAFKA, WORKER)),
        (KafkaConsumer, reader_options(KAFKA)),
        (KafkaProducer, producer_options(KAFKA, WORKER, "slot")),
        (KafkaProducer, writer_options(KAFKA)),
        (KafkaAdminClient, connection(KAFKA)),
    ],
    ids=["consumer", "reader", "producer", "writer", "admin"],
)
def test_kafka_python_knows_every_option(client: Any, options: dict[str, Any]) -> None:
    assert set(options) <= set(client.DEFAULT_CONFIG)


def test_a_missing_checksum_package_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        warn_without_crc32c()
    assert not caplog.records, "it is one of our dependencies"
    real = builtins.__import__

    def without(name: str, *arguments: Any) -> Any:
        if name == "crc32c":
            raise ImportError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    with caplog.at_level(logging.WARNING):
        warn_without_crc32c()
    assert "pip install crc32c" in caplog.text
