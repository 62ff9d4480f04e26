"""Settings become librdkafka's options, and librdkafka takes every one of them."""

import logging
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient

from scoring.settings.kafka_settings import KafkaSettings
from scoring.settings.worker_settings import WorkerSettings
from worker.clients.confluent.configuration import (
    BATCH_BYTES,
    MAX_REQUEST_BYTES,
    connection,
    consumer_options,
    producer_options,
    reader_options,
    writer_options,
)

KAFKA = KafkaSettings(bootstrap_servers="127.0.0.1:1")


def test_tls_and_sasl_are_passed_on() -> None:
    kafka = KafkaSettings(
        bootstrap_servers="a:1,b:2",
        security_protocol="SASL_SSL",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_username="user",
        sasl_password="secret",
        ssl_cafile="ca.pem",
        ssl_certfile="cert.pem",
        ssl_keyfile="key.pem",
        ssl_password="key secret",
        ssl_check_hostname=False,
    )
    options = connection(kafka)
    wanted = {
        "bootstrap.servers": "a:1,b:2",
        "security.protocol": "sasl_ssl",
        "sasl.mechanisms": "SCRAM-SHA-512",
        "sasl.username": "user",
        "sasl.password": "secret",
        "ssl.ca.location": "ca.pem",
        "ssl.certificate.location": "cert.pem",
        "ssl.key.location": "key.pem",
        "ssl.key.password": "key secret",
        "ssl.endpoint.identification.algorithm": "none",
    }
    assert wanted.items() <= options.items()


def test_what_is_not_set_is_left_to_librdkafka_but_host_names_are_checked() -> None:
    options = connection(KAFKA)
    assert not {name for name in options if name.startswith(("sasl.", "ssl.ca", "ssl.key", "ssl.cert"))}
    assert options["ssl.endpoint.identification.algorithm"] == "https"
    assert isinstance(options["logger"], logging.Logger), "librdkafka must not write to standard error"


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"transaction_timeout_seconds": 60, "delivery_timeout_seconds": 90},
        {"session_timeout_seconds": 120, "max_poll_interval_seconds": 60},
        {"batch_rides": 1, "batch_bytes": 1_000},
        {"batch_rides": 100_000, "batch_bytes": 1 << 30},
        {"transaction_timeout_seconds": 1.5, "delivery_timeout_seconds": 2},
    ],
    ids=str,
)
def test_librdkafka_takes_what_the_settings_allow(settings: dict[str, Any]) -> None:
    worker = WorkerSettings(**settings)
    Consumer(consumer_options(KAFKA, worker)).close()
    Producer(producer_options(KAFKA, worker, "slot"))


def test_librdkafka_takes_the_other_kinds_too() -> None:
    Consumer(reader_options(KAFKA)).close()
    Producer(writer_options(KAFKA))
    AdminClient(connection(KAFKA))


def test_what_would_lose_or_invent_records_is_off() -> None:
    for options in (consumer_options(KAFKA, WorkerSettings()), reader_options(KAFKA)):
        assert options["auto.offset.reset"] == "earliest"
        assert options["isolation.level"] == "read_committed"
        assert options["enable.auto.commit"] is options["enable.auto.offset.store"] is False
        assert options["allow.auto.create.topics"] is False
        assert options["check.crcs"] is True
    for options in (producer_options(KAFKA, WorkerSettings(), "slot"), writer_options(KAFKA)):
        assert options["acks"] == "all"
        assert options["allow.auto.create.topics"] is False


def test_memory_is_bounded_by_the_settings_and_one_record_always_fits() -> None:
    worker = WorkerSettings(batch_rides=100, batch_bytes=1_000)
    consumer, producer = consumer_options(KAFKA, worker), producer_options(KAFKA, worker, "slot")
    assert consumer["queued.max.messages.kbytes"] + consumer["fetch.max.bytes"] // 1024 <= 32 << 10
    assert producer["queue.buffering.max.messages"] < 2_000
    assert producer["queue.buffering.max.kbytes"] * 1024 >= MAX_REQUEST_BYTES
    assert BATCH_BYTES < 1_048_588, "what a topic takes by default"
