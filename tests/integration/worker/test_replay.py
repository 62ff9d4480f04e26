"""`ridescore dead-letters replay` on a real broker: each original goes back once, whatever happens to the replay."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from signal import SIGTERM
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition

RIDESCORE = str(Path(sys.executable).with_name("ridescore"))
LETTERS = 1_500
_WAIT_SECONDS = 60.0


@pytest.fixture(params=["kafka-python", "confluent"])
def buried(site: Callable[..., Any], request: pytest.FixtureRequest) -> Any:
    """Rides that have all become dead letters; replays send five in a transaction."""
    here = site(KAFKA_CLIENT=request.param)
    value = b'{"PULocationID": 43, "DOLocationID": 151}'
    headers = [[("kind", b"invalid-ride"), ("trace", str(number).encode())] for number in range(LETTERS)]
    here.publish(*({"value": value, "headers": each, "partition": place % 3} for place, each in enumerate(headers)))
    worker = here.worker()
    here.wait_for_all()
    assert worker.stop(SIGTERM) == 0
    return here


def test_a_replay_that_is_killed_neither_loses_nor_doubles(buried: Any) -> None:
    environment = buried.environment(WORKER_BATCH_RIDES="5")
    kills = 0
    for goal in (50, 400):
        command = [RIDESCORE, "dead-letters", "replay", "--reason", "invalid-ride"]
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as replay:
            try:
                _wait_for_replayed(buried, goal, replay)
            finally:
                replay.kill()
        kills += replay.wait() == -9
    assert kills == 2
    before = _replayed(buried)
    assert 100 <= before < LETTERS, "the kills came in the middle"

    dry = buried.run("dead-letters", "replay", "--reason", "invalid-ride", "--dry-run", "--json")
    assert dry.returncode == 0, dry.stderr
    (would,) = json.loads(dry.stdout)
    assert would["dry_run"] is True
    left = sum(would["sent"].values())
    assert left + before == LETTERS
    last = buried.run("dead-letters", "replay", "--reason", "invalid-ride", "--json")
    assert (last.returncode, json.loads(last.stdout)[0]["sent"]) == (0, {buried.rides: left})
    again = buried.run("dead-letters", "replay", "--reason", "invalid-ride", "--json")
    assert (again.returncode, json.loads(again.stdout)[0]["sent"]) == (0, {})

    times = Counter(dict(record.headers)["trace"] for record in buried.read(buried.rides))
    assert times == {str(number).encode(): 2 for number in range(LETTERS)}, "published once, sent back once"


def _replayed(here: Any) -> int:
    """How many dead letters the replay's group has gone past, markers of transactions not counted."""
    return sum(1 for _ in here.read(here.rides)) - LETTERS


def _wait_for_replayed(here: Any, goal: int, replay: "subprocess.Popen[bytes]") -> None:
    """Wait until that many are back, by the ends of committed records: quick enough to catch it in the middle."""
    consumer = KafkaConsumer(bootstrap_servers=here.servers, isolation_level="read_committed", group_id=None)
    partitions = [TopicPartition(here.rides, number) for number in range(3)]
    deadline = time.monotonic() + _WAIT_SECONDS
    while sum(consumer.end_offsets(partitions).values()) < LETTERS + goal:
        assert replay.poll() is None, "the replay ended before it could be killed"
        assert time.monotonic() < deadline, "the replay did not get so far"
        time.sleep(0.01)
    consumer.close(autocommit=False)
