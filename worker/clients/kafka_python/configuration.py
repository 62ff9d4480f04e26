"""kafka-python's options from our settings: defaults that lose or slow records are changed here and nowhere else."""

import logging
from typing import Any, Final

from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor

from scoring.settings.kafka_settings import KafkaSettings
from scoring.settings.worker_settings import WorkerSettings

log = logging.getLogger(__name__)

CONNECT_SECONDS = 15.0
MAX_REQUEST_BYTES = 16 << 20  # brokers judge what is too large, by the topic's own limit
_BATCH_BYTES = 256 << 10


_ASSIGNORS: Final = {
    "range": RangePartitionAssignor,
    "roundrobin": RoundRobinPartitionAssignor,
    "cooperative-sticky": CooperativeStickyAssignor,
}


def connection(kafka: KafkaSettings) -> dict[str, Any]:
    """What every kind of client needs to reach the brokers."""
    options: dict[str, Any] = {
        "bootstrap_servers": [server.strip() for server in kafka.bootstrap_servers.split(",")],
        "security_protocol": kafka.security_protocol,
        "ssl_check_hostname": kafka.ssl_check_hostname,
        "bootstrap_timeout_ms": int(CONNECT_SECONDS * 1000),
        "reconnect_backoff_max_ms": 1_000,
    }
    secrets = {"sasl_plain_password": kafka.sasl_password, "ssl_password": kafka.ssl_password}
    plain = {
        "sasl_mechanism": kafka.sasl_mechanism,
        "sasl_plain_username": kafka.sasl_username,
        "ssl_cafile": kafka.ssl_cafile,
        "ssl_certfile": kafka.ssl_certfile,
        "ssl_keyfile": kafka.ssl_keyfile,
    }
    options.update({name: value for name, value in plain.items() if value is not None})
    options.update({name: secret.get_secret_value() for name, secret in secrets.items() if secret is not None})
    return options


def consumer_options(kafka: KafkaSettings, worker: WorkerSettings, instance: str = "") -> dict[str, Any]:
    """For the worker's member of its group."""
    return connection(kafka) | {
        "group_id": worker.group,
        "client_id": "ridescore-worker",
        "auto_offset_reset": "earliest",  # "latest" skips silently what came before the group
        "enable_auto_commit": False,
        "isolation_level": "read_committed",  # a new owner must not read offsets of a transaction still open
        "allow_auto_create_topics": False,
        "session_timeout_ms": int(worker.session_timeout_seconds * 1000),
        "heartbeat_interval_ms": int(min(3.0, worker.session_timeout_seconds / 3) * 1000),
        "max_poll_interval_ms": int(worker.max_poll_interval_seconds * 1000),
        "max_poll_records": worker.batch_rides,
        "max_partition_fetch_bytes": max(1 << 20, worker.batch_bytes // 4),
        "retry_backoff_ms": 20,
        "metrics_enabled": False,  # theirs cost time for each record and are read by nobody
        "partition_assignment_strategy": (_ASSIGNORS[worker.assignor],),
        "group_instance_id": instance or None,
    }


def producer_options(kafka: KafkaSettings, worker: WorkerSettings, transactional_id: str) -> dict[str, Any]:
    """For the worker's transactional producer."""
    return _plain_producer(kafka) | {
        "client_id": f"ridescore-{transactional_id}",
        "transactional_id": transactional_id,
        "transaction_timeout_ms": int(worker.transaction_timeout_seconds * 1000),
        "delivery_timeout_ms": int(worker.delivery_timeout_seconds * 1000),
        "request_timeout_ms": int(worker.transaction_timeout_seconds * 1000),
        "max_block_ms": int(worker.delivery_timeout_seconds * 1000),
        "retry_backoff_ms": 5,  # it is also waited for at the start of each transaction
    }


def writer_options(kafka: KafkaSettings) -> dict[str, Any]:
    """For a plain producer: idempotent, acknowledged by all replicas."""
    return _plain_producer(kafka) | {"client_id": "ridescore-writer", "linger_ms": 20, "max_block_ms": 15_000}


def _plain_producer(kafka: KafkaSettings) -> dict[str, Any]:
    return connection(kafka) | {
        "acks": "all",
        "allow_auto_create_topics": False,
        "batch_size": _BATCH_BYTES,
        "max_request_size": MAX_REQUEST_BYTES,
        "metrics_enabled": False,
    }


def reader_options(kafka: KafkaSettings) -> dict[str, Any]:
    """For reading a topic without a group."""
    return connection(kafka) | {
        "group_id": None,
        "client_id": "ridescore-reader",
        "auto_offset_reset": "earliest",
        "enable_auto_commit": False,
        "isolation_level": "read_committed",
        "allow_auto_create_topics": False,
        "metrics_enabled": False,
    }


def warn_without_crc32c() -> None:
    """kafka-python computes each record's checksum in Python where this package is missing."""
    try:
        import crc32c  # noqa: F401
    except ImportError:
        log.warning("the package crc32c is missing, which costs about 100 us for each record: pip install crc32c")
