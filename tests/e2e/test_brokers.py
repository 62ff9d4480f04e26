"""The overlay of three brokers: one of them killed for good stops nobody and loses nothing."""

import time

from tests.e2e.conftest import Figures
from tests.e2e.engine import run
from tests.e2e.stack import Stack, wait_until
from tests.e2e.topics import WORKER, Topics

OVERLAYS = ("deploy/compose/brokers.yml",)
PARTS = ("kafka", "kafka-2", "kafka-3", "topics", "worker")


def test_three_brokers_keep_three_copies_and_do_without_one(stack: Stack, figures: Figures) -> None:
    seconds = stack.up(*PARTS)
    topics = Topics.at(stack.port("KAFKA_PORT"))
    topics.kafka = topics.kafka.model_copy(
        update={"bootstrap_servers": ",".join(f"localhost:{stack.port(name)}" for name in _PORTS)}
    )
    described = stack.compose("exec", "kafka", *_DESCRIBE, WORKER.input_topic)
    assert described.count("Isr: ") == 6
    assert "ReplicationFactor: 3" in described
    assert "min.insync.replicas=2" in described
    with topics.feeding(200):
        time.sleep(3)
        run("docker", "kill", *stack.containers("kafka-2"))
        time.sleep(10)
    began = time.monotonic()
    wait_until("no lag", lambda: topics.lag() == 0)
    found = topics.verdict()
    assert found["lost"] == found["doubled"] == 0, found
    assert found["published"] >= 600
    figures.add(
        f"three brokers: healthy after {seconds:.0f} s; one killed and not started again under 200 rides a second: "
        f"{found['published']:,} published, none lost, none doubled, no lag {time.monotonic() - began:.0f} s after"
    )


_PORTS = ("KAFKA_PORT", "KAFKA_2_PORT", "KAFKA_3_PORT")
_DESCRIBE = ["/opt/kafka/bin/kafka-topics.sh", "--bootstrap-server", "kafka:19092", "--describe", "--topic"]
