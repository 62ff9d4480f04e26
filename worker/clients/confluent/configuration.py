"""librdkafka's options from our settings: defaults that lose records, slow them or let memory grow are changed here
and nowhere else.
"""

import logging
from typing import Any

from scoring.settings.kafka_settings import KafkaSettings
from scoring.settings.worker_settings import WorkerSettings
from worker.clients.rights import READER_GROUP

CONNECT_SECONDS = 15.0
MAX_REQUEST_BYTES = 16 << 20  # brokers judge what is too large, by the topic's own limit
BATCH_BYTES = 1_000_000  # just below the 1,048,588 that a topic takes unless it is told otherwise

_KILO = 1024
_QUEUE_BYTES = 2 * MAX_REQUEST_BYTES  # less, and the largest record would never fit
_LEAST_AHEAD_BYTES = 16 << 20  # what is fetched ahead of polls
_MOST_AHEAD_BYTES = 64 << 20
_WRITER_RECORDS = 20_000
_LOGGER = logging.getLogger("worker.clients.confluent")


def connection(kafka: KafkaSettings) -> dict[str, Any]:
    """What every kind of client needs to reach the brokers."""
    options: dict[str, Any] = {
        "bootstrap.servers": kafka.bootstrap_servers,
        "security.protocol": kafka.security_protocol.lower(),
        "ssl.endpoint.identification.algorithm": "https" if kafka.ssl_check_hostname else "none",
        "allow.auto.create.topics": False,
        "socket.connection.setup.timeout.ms": int(CONNECT_SECONDS * 1000),
        "reconnect.backoff.max.ms": 1_000,
        "logger": _LOGGER,  # or librdkafka writes to standard error, in its own form
    }
    secrets = {"sasl.password": kafka.sasl_password, "ssl.key.password": kafka.ssl_password}
    plain = {
        "sasl.mechanisms": kafka.sasl_mechanism,
        "sasl.username": kafka.sasl_username,
        "ssl.ca.location": kafka.ssl_cafile,
        "ssl.certificate.location": kafka.ssl_certfile,
        "ssl.key.location": kafka.ssl_keyfile,
    }
    options.update({name: value for name, value in plain.items() if value is not None})
    options.update({name: secret.get_secret_value() for name, secret in secrets.items() if secret is not None})
    return options


def consumer_options(kafka: KafkaSettings, worker: WorkerSettings, instance: str = "") -> dict[str, Any]:
    """For the worker's member of its group."""
    session_seconds = min(worker.session_timeout_seconds, worker.max_poll_interval_seconds)
    ahead_bytes = min(max(_LEAST_AHEAD_BYTES, 2 * worker.batch_bytes), _MOST_AHEAD_BYTES)
    return _plain_consumer(kafka) | {
        "group.id": worker.group,
        "client.id": "ridescore-worker",
        "session.timeout.ms": int(session_seconds * 1000),
        "heartbeat.interval.ms": int(min(3.0, session_seconds / 3) * 1000),
        "max.poll.interval.ms": int(worker.max_poll_interval_seconds * 1000),
        "queued.min.messages": max(10_000, 2 * worker.batch_rides),
        "queued.max.messages.kbytes": ahead_bytes // _KILO,
        "fetch.max.bytes": ahead_bytes // 2,
        "fetch.message.max.bytes": ahead_bytes // 8,
        "partition.assignment.strategy": worker.assignor,
        **({"group.instance.id": instance} if instance else {}),
    }


def reader_options(kafka: KafkaSettings) -> dict[str, Any]:
    """For reading a topic without a group, which librdkafka wants the name of all the same."""
    return _plain_consumer(kafka) | {
        "group.id": READER_GROUP,
        "client.id": "ridescore-reader",
        "queued.max.messages.kbytes": _LEAST_AHEAD_BYTES // _KILO,
        "fetch.max.bytes": _LEAST_AHEAD_BYTES // 2,
        "enable.partition.eof": True,  # the end of a transaction has an offset, and no record that would tell it
    }


def producer_options(kafka: KafkaSettings, worker: WorkerSettings, transactional_id: str) -> dict[str, Any]:
    """For the worker's transactional producer."""
    delivery_seconds = min(worker.delivery_timeout_seconds, worker.transaction_timeout_seconds)  # librdkafka's own rule
    return _plain_producer(kafka) | {
        "client.id": f"ridescore-{transactional_id}",
        "transactional.id": transactional_id,
        "transaction.timeout.ms": int(worker.transaction_timeout_seconds * 1000),
        "delivery.timeout.ms": int(delivery_seconds * 1000),
        "queue.buffering.max.messages": worker.batch_rides + 1_000,
        "queue.buffering.max.kbytes": max(_QUEUE_BYTES, 2 * worker.batch_bytes) // _KILO,
        "linger.ms": 5,  # flush does not wait for it; it lets batches fill while the worker still sends
        "retry.backoff.ms": 10,
    }


def writer_options(kafka: KafkaSettings) -> dict[str, Any]:
    """For a plain producer: idempotent, acknowledged by all replicas."""
    return _plain_producer(kafka) | {
        "client.id": "ridescore-writer",
        "enable.idempotence": True,
        "delivery.timeout.ms": 120_000,
        "queue.buffering.max.messages": _WRITER_RECORDS,
        "queue.buffering.max.kbytes": _QUEUE_BYTES // _KILO,
        "linger.ms": 20,
    }


def _plain_consumer(kafka: KafkaSettings) -> dict[str, Any]:
    return connection(kafka) | {
        "auto.offset.reset": "earliest",  # "latest" skips silently what came before the group
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "isolation.level": "read_committed",  # a new owner must not read offsets of a transaction still open
        "check.crcs": True,  # a digit flipped on a disk would be scored
        "fetch.queue.backoff.ms": 5,  # a second, by default, of waiting once the queue has been full
        "fetch.error.backoff.ms": 100,
    }


def _plain_producer(kafka: KafkaSettings) -> dict[str, Any]:
    return connection(kafka) | {
        "acks": "all",
        "delivery.report.only.error": True,  # the others would cost a call each, and prove nothing more (ADR 0010)
        "batch.size": BATCH_BYTES,
        "batch.num.messages": 100_000,
        "message.max.bytes": MAX_REQUEST_BYTES,
        "topic.metadata.propagation.max.ms": 10_000,  # how long a topic that is not there may still come
        "partitioner": "murmur2_random",  # kafka-python's, and Java's: a key keeps its partition whoever writes it
    }
