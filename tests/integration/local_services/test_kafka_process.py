"""A broker from its jars keeps its port and records through what fault tests do, and never outlives us."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from local_services import KafkaProcess
from local_services.errors import WayFailed
from local_services.kafka_probe import broker_is_ready

pytestmark = [pytest.mark.kafka, pytest.mark.usefixtures("java")]


@pytest.fixture(scope="module")
def broker(java: None) -> Iterator[KafkaProcess]:
    with KafkaProcess.temporary() as broker:
        yield broker


def test_a_killed_broker_starts_again_on_its_port_with_its_records(
    broker: KafkaProcess, gone: Callable[[int], bool]
) -> None:
    servers, first = broker.bootstrap_servers, broker.pid
    assert first is not None
    admin = KafkaAdminClient(bootstrap_servers=servers)
    admin.create_topics([NewTopic("kept", num_partitions=1, replication_factor=1)])
    admin.close()
    producer = KafkaProducer(bootstrap_servers=servers, acks="all")
    producer.send("kept", b"a ride").get(timeout=20)
    producer.close()

    broker.kill()
    assert gone(first)
    assert not broker_is_ready(servers, 1)

    broker.start()
    assert broker.bootstrap_servers == servers
    assert broker.pid not in {None, first}
    consumer = KafkaConsumer(bootstrap_servers=servers, auto_offset_reset="earliest", consumer_timeout_ms=20_000)
    consumer.assign([TopicPartition("kept", 0)])
    assert next(consumer).value == b"a ride"
    consumer.close()


def test_a_paused_broker_is_silent_until_it_is_resumed(broker: KafkaProcess) -> None:
    broker.start()
    pid = broker.pid
    broker.pause()
    try:
        assert not broker_is_ready(broker.bootstrap_servers, 1)
    finally:
        broker.resume()
    assert broker_is_ready(broker.bootstrap_servers, 10)
    assert broker.pid == pid


def test_a_start_that_fails_quotes_the_log_and_leaves_nothing(gone: Callable[[int], bool]) -> None:
    made: list[KafkaProcess] = []

    class Noted(KafkaProcess):
        def start(self, seconds: float = 60) -> None:
            made.append(self)
            super().start(seconds)

    with (
        pytest.raises(WayFailed, match=r"exit code 1(.|\n)*num\.network\.threads"),
        Noted.temporary(properties={"num.network.threads": "none"}),
    ):
        pass
    assert not made[0].folder.exists()
    assert made[0].pid is None


# One start serves three questions: is a Ctrl-C's order kept, is all ended after it, is the temporary folder gone.
SCRIPT = """
import time
from local_services import KafkaProcess
with KafkaProcess.temporary() as broker:
    try:
        print(broker.pid, broker.folder, flush=True)  # within: the Ctrl-C comes as soon as this is read
        time.sleep(60)
    finally:
        print(broker.pid, flush=True)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_the_end_of_the_parent_is_the_end_of_the_broker_and_its_folder(
    how: signal.Signals, gone: Callable[[int], bool], wait_for: Callable[[Callable[[], object]], None]
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as parent:
        assert parent.stdout is not None
        pid, folder = parent.stdout.readline().split()
        assert not gone(int(pid))
        assert Path(folder).is_dir()
        parent.send_signal(how)
        last_words = parent.stdout.read().strip()
    if how == signal.SIGINT:
        assert last_words == pid, "the broker must still run while the interrupted body cleans up"
    else:
        wait_for(lambda: gone(int(pid)) and not Path(folder).exists())
    assert gone(int(pid))
    assert not Path(folder).exists()
