"""`ridescore demo` as a process on a real Kafka, to its end and interrupted."""

import json
import os
import signal
import subprocess
import sys

import pytest

DEMO = [sys.executable, "-c", "from cli.main import run; run()", "demo", "--json"]


@pytest.mark.kafka
def test_the_demo_on_a_real_kafka_accounts_for_every_ride_and_leaves_no_topic(kafka_servers: str) -> None:
    from kafka import KafkaAdminClient

    environment = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": kafka_servers}
    environment.pop("RIDESCORE_SERVICES", None)
    ended = subprocess.run(DEMO, env=environment, capture_output=True, text=True, timeout=180, check=False)
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert told["rides"] == told["predictions"] + sum(told["dead_letters"].values()) == 2003
    assert kafka_servers in told["broker"]
    with KafkaAdminClient(bootstrap_servers=kafka_servers) as admin:
        assert not [topic for topic in admin.list_topics() if ".demo-" in topic]


def test_an_interrupted_demo_ends_with_130_and_leaves_nothing_running() -> None:
    environment = {**os.environ, "RIDESCORE_SERVICES": "environment"}
    environment.pop("KAFKA_BOOTSTRAP_SERVERS", None)
    child = subprocess.Popen(DEMO, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stderr is not None
    for line in child.stderr:
        if line.startswith("training on real rides"):
            break
    child.send_signal(signal.SIGINT)
    _out, err = child.communicate(timeout=60)
    assert child.returncode == 130, err
    assert "Traceback" not in err
