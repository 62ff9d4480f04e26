"""Three topics of one test, the workers on them, and what is found there: read by a plain kafka-python consumer."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGABRT
from typing import Any, Final

import numpy as np
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from tests.stream_site.running import WAIT_SECONDS, Running
from tests.stream_site.taught import Taught, a_ride

RIDESCORE: Final = str(Path(sys.executable).with_name("ridescore"))
PARTITIONS: Final = 3


@dataclass
class Site:
    """Three topics of this test alone, workers on them, and what is found there."""

    servers: str
    taught: Taught
    folder: Path
    name: str
    settings: dict[str, str] = field(default_factory=dict)
    workers: list[Running] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rides, self.predictions, self.letters = f"{self.name}.in", f"{self.name}.out", f"{self.name}.dead"

    def environment(self, **more: str) -> dict[str, str]:
        """What `ridescore` reads here, and nothing of ours that the tests were started with."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("WORKER_", "MODEL_", "REDIS_"))
        }
        return {
            **kept,
            "PYTHONFAULTHANDLER": "1",  # a worker that hangs is made to say where, by SIGABRT
            "KAFKA_BOOTSTRAP_SERVERS": self.servers,
            "MODEL_REGISTRY": str(self.taught.registry),
            "WORKER_INPUT_TOPIC": self.rides,
            "WORKER_OUTPUT_TOPIC": self.predictions,
            "WORKER_DEAD_LETTER_TOPIC": self.letters,
            "WORKER_GROUP": self.name,
            "WORKER_SESSION_TIMEOUT_SECONDS": "6",
            **self.settings,
            **more,
        }

    def create_topics(self) -> None:
        with KafkaAdminClient(bootstrap_servers=self.servers) as admin:
            wanted = {"num_partitions": PARTITIONS, "replication_factor": 1}
            admin.create_topics(dict.fromkeys(self.topics, wanted), wait_for_metadata=True)

    @property
    def topics(self) -> tuple[str, str, str]:
        return self.rides, self.predictions, self.letters

    def run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command of `ridescore` to its end."""
        return subprocess.run(
            [RIDESCORE, *words],
            env=self.environment(**more),
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS,
            check=False,
        )

    def worker(self, **more: str) -> Running:
        """Start a worker; it is killed with the test if nothing has stopped it by then."""
        log = self.folder / f"worker-{len(self.workers)}.log"
        with log.open("wb") as output:
            ended = subprocess.Popen([RIDESCORE, "worker"], env=self.environment(**more), stderr=output)
        self.workers.append(Running(ended, log))
        return self.workers[-1]

    def publish(self, *records: dict[str, Any]) -> None:
        """Write records to the rides as any program may: fields are those of kafka-python's send."""
        producer = KafkaProducer(bootstrap_servers=self.servers, acks="all")
        futures = [producer.send(self.rides, **record) for record in records]
        producer.flush(30)
        assert all(future.succeeded() for future in futures)
        producer.close()

    def mixed(self, count: int, seed: int = 1) -> list[dict[str, Any]]:
        """Rides of every kind, each with a header that names what it must become; nine of ten are valid."""
        random = np.random.default_rng(seed)
        just_now_ms = int(time.time() * 1000) - 1_000_000  # of long ago, brokers would delete them for their age
        broken: list[tuple[bytes, bytes | None]] = [
            (b"undecodable", b'{"PULocationID": 43,'),
            (b"undecodable", b"\xff\xfe"),
            (b"undecodable", b"[]"),
            (b"invalid-ride", b'{"PULocationID": "43", "DOLocationID": 151, "trip_distance": 1.8}'),
            (b"invalid-ride", b'{"PULocationID": 43, "DOLocationID": 266, "trip_distance": 1.8}'),
            (b"invalid-ride", b'{"PULocationID": 43, "DOLocationID": 151}'),
            (b"model-failed", b'{"PULocationID": 43, "DOLocationID": 151, "trip_distance": 1.7e308}'),
            (b"tombstone", None),
        ]
        records = []
        for number in range(count):
            kind, value = b"valid", json.dumps(a_ride(random)).encode()
            if number % 10 == 9:
                kind, value = broken[number // 10 % len(broken)]
            key = None if number % 7 == 3 and value is not None else f"key-{number}".encode()
            headers = [("kind", kind), ("trace", str(number).encode()), ("trace", b"")]
            timestamp = just_now_ms + number
            records.append(
                {
                    "value": value,
                    "key": key,
                    "headers": headers,
                    "partition": number % PARTITIONS,
                    "timestamp_ms": timestamp,
                }
            )
        return records

    def read(self, topic: str) -> list[Any]:
        """All committed records of a topic."""
        consumer = KafkaConsumer(bootstrap_servers=self.servers, isolation_level="read_committed", group_id=None)
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        ends = consumer.end_offsets(partitions)
        found: list[Any] = []
        deadline = time.monotonic() + WAIT_SECONDS
        while any(consumer.position(each) < end for each, end in ends.items()):
            found += [record for part in consumer.poll(timeout_ms=200).values() for record in part]
            assert time.monotonic() < deadline, f"only {len(found)} records of {topic} could be read"
        consumer.close()
        return found

    @contextmanager
    def _group(self) -> Iterator[Callable[[], tuple[int, int]]]:
        consumer = KafkaConsumer(bootstrap_servers=self.servers, group_id=self.name, enable_auto_commit=False)
        partitions = [TopicPartition(self.rides, number) for number in range(PARTITIONS)]
        try:
            end = sum(consumer.end_offsets(partitions).values())
            yield lambda: (sum(consumer.committed(each) or 0 for each in partitions), end)
        finally:
            consumer.close(autocommit=False)

    def committed(self) -> tuple[int, int]:
        """The sum of the group's next offsets, and of the rides' ends; it is not joined for this."""
        with self._group() as ask:
            return ask()

    def wait_for_commits(self, enough: Callable[[int, int], bool]) -> None:
        """Wait until those two are as asked."""
        deadline = time.monotonic() + WAIT_SECONDS
        with self._group() as ask:
            while not enough(*(found := ask())):
                assert time.monotonic() < deadline, f"{found} rides were committed; {self._logs()}"
                assert any(each.ended.poll() is None for each in self.workers), f"no worker runs; {self._logs()}"
                time.sleep(0.01)

    def wait_for_all(self) -> None:
        """Wait until every ride is committed."""
        self.wait_for_commits(lambda committed, end: committed == end)

    def _logs(self) -> str:
        """What the workers logged, and where those that still run stand; this ends them."""
        for each in self.workers:
            if each.ended.poll() is None:
                each.stop(SIGABRT)
        return "\n\n".join(each.log.read_text()[-8_000:] for each in self.workers)
