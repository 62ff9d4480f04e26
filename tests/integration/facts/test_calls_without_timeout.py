"""Fact: commit, abort and sending offsets wait for ever where the broker is gone, whatever timeouts are set.

A worker would hang with its partitions, alive to its group. So a watchdog bounds each phase, shows where the process
hangs, and ends it with exit code 70 for a supervisor to start again.
"""

import subprocess
from collections.abc import Callable
from typing import Any

from local_services import KafkaProcess
from worker.watchdog import EXIT_STUCK

NEWER = "kafka-python has changed: a commit is bounded now, so that the watchdog may be of less use"
SHORT = {
    "max_block_ms": 10_000,
    "request_timeout_ms": 3_000,
    "delivery_timeout_ms": 6_000,
    "transaction_timeout_ms": 5_000,
}
LONG_SECONDS = 25.0  # longer than any of them

COMMITS = """
import sys
from worker.clients.client import Outgoing
from worker.clients.kafka_python.producer import KafkaPythonProducer
from worker.watchdog import Watchdog
servers, topic = sys.argv[1:]
options = {"bootstrap_servers": servers, "transactional_id": topic, "request_timeout_ms": 3_000,
           "delivery_timeout_ms": 6_000, "transaction_timeout_ms": 5_000}
producer = KafkaPythonProducer(servers, options, flush_seconds=30)
watchdog = Watchdog({"commit": 3.0})
with watchdog.watching():
    producer.begin()
    producer.send(Outgoing(topic, 0, None, b"a prediction", [], None))
    producer.flush()
    print("flushed")
    sys.stdin.readline()
    watchdog.reached("commit")
    producer.commit()
"""


def test_a_commit_on_kafka_python_does_not_return(
    broker: KafkaProcess, topic: str, bare_producer: Callable[..., Any], in_background: Callable[..., Any]
) -> None:
    producer = bare_producer(topic, **SHORT)
    producer.begin_transaction()
    producer.send(topic, b"a prediction", partition=0).get(30)
    broker.kill()
    commit = in_background(producer.commit_transaction)
    assert not commit.returned(LONG_SECONDS), NEWER


def test_the_watchdog_ends_a_process_that_hangs_in_a_commit(
    broker: KafkaProcess, servers: str, topic: str, program: Callable[..., subprocess.Popen[str]]
) -> None:
    worker = program(COMMITS, servers, topic)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "flushed\n"
    broker.kill()
    _out, stacks = worker.communicate("go\n", timeout=120)
    assert worker.returncode == EXIT_STUCK
    assert "in commit_transaction" in stacks, "it says where it hung"
