"""A broker that holds producers back by quota: the worker waits, its memory does not grow with the backlog, and each
ride still comes out once.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from signal import SIGTERM
from typing import Any

import pytest
from kafka import KafkaProducer

from tests.secured.broker import PASSWORDS, SecuredKafka
from tests.stream_site.checking import check

PARTITIONS = 3
RECORDS, PADDING_BYTES = 480, 500_000  # 240 MB of rides, several times what a worker may hold
MOST_BYTES = 64 << 20  # that clients may fetch ahead of polls, at most; docs/operations.md names the bounds
ALLOWANCE_BYTES = 160 << 20  # the batch, its requests and the allocator's own waste besides


def test_a_backlog_of_large_rides_behind_a_quota_takes_bounded_memory(
    client: str, site: Callable[..., Any], secured: SecuredKafka, login: dict[str, str]
) -> None:
    sloth = {"KAFKA_SASL_USERNAME": "sloth", "KAFKA_SASL_PASSWORD": PASSWORDS["sloth"]}
    here = site(KAFKA_CLIENT=client, WORKER_BATCH_RIDES="20", **(login | sloth))
    idle = here.worker()
    _wait_until_ready(idle)
    resting_bytes = _peak_bytes(idle.ended.pid)
    secured.limit("sloth", producer_byte_rate=2_000)
    try:
        _publish_large(here)
        time.sleep(8)
        held_back = here.committed()[0]
        peak_bytes = _peak_bytes(idle.ended.pid)
    finally:
        secured.limit("sloth", producer_byte_rate=1 << 30)
    assert held_back < RECORDS, "the quota held nothing back, so that the test proves nothing"
    assert idle.ended.poll() is None, "a broker that pushes back ends no worker"
    here.wait_for_all()
    peak_bytes = max(peak_bytes, _peak_bytes(idle.ended.pid))
    assert peak_bytes - resting_bytes < MOST_BYTES + ALLOWANCE_BYTES
    assert idle.stop(SIGTERM) == 0
    assert check(here) == {"valid": RECORDS}


def _publish_large(here: Any) -> None:
    fields = {"PULocationID": 7, "DOLocationID": 8, "trip_distance": 1.5, "note": "x" * PADDING_BYTES}
    value = json.dumps(fields).encode()
    producer = KafkaProducer(bootstrap_servers=here.servers, acks="all")
    sent = [producer.send(here.rides, value, partition=number % PARTITIONS) for number in range(RECORDS)]
    producer.flush(120)
    assert all(each.succeeded() for each in sent)
    producer.close()


def _wait_until_ready(worker: Any) -> None:
    deadline = time.monotonic() + 60
    while worker.ask("/ready")[0] != 200:
        assert time.monotonic() < deadline, worker.log.read_text()
        time.sleep(0.1)


def _peak_bytes(pid: int) -> int:
    """The most that a process ever held; Linux alone tells."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        pytest.skip("this system does not tell how much memory a process has held")
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024
