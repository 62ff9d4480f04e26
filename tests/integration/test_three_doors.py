"""The same real rides through all three doors, each as a process of its own: the same numbers, bit for bit.

With RIDESCORE_MONTHS (a folder with green 2021-01..03) ten thousand rides of March; else those of the bundled samples.
"""

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from signal import SIGTERM
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kafka import KafkaConsumer, TopicPartition

from scoring.registry.registry import Registry
from training.sample_rides import JANUARY, MONTHS
from training.train import TrainingPlan, train_version

from .api.conftest import start_server, wait_until

COLUMNS = ["lpep_pickup_datetime", "lpep_dropoff_datetime", "PULocationID", "DOLocationID", "trip_distance"]
BROKEN = [(0, 7, 1.0), (7, 266, 1.0), (7, 8, -0.5), (None, 8, 1.0), (7, 8, None), (7, 8, math.inf)]
STEM = "rides"


class Answers(NamedTuple):
    """By ride id the bits of the duration, the route's being known and the version; and the ids that were refused."""

    predictions: dict[str, tuple[str, bool, str]]
    refused: set[str]


@pytest.fixture(scope="module")
def rides(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of real rides, with six broken ones among them."""
    folder = os.environ.get("RIDESCORE_MONTHS")
    if folder:
        table = pq.read_table(Path(folder, "green_tripdata_2021-03.parquet"), columns=COLUMNS).slice(0, 80_000)
        table = table.take(pa.array(range(0, 80_000, 8)))
    else:
        table = pa.concat_tables([pq.read_table(month, columns=COLUMNS) for month in MONTHS])
    broken = pa.table(
        {
            **{name: pa.array([None] * len(BROKEN), table.schema.field(name).type) for name in COLUMNS[:2]},
            **{
                name: pa.array([row[at] for row in BROKEN], table.schema.field(name).type)
                for at, name in enumerate(COLUMNS[2:])
            },
        }
    )
    path = tmp_path_factory.mktemp("rides") / f"{STEM}.parquet"
    pq.write_table(pa.concat_tables([table.slice(0, 1_000), broken, table.slice(1_000)]), path, row_group_size=1_500)
    return path


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> str:
    registry = Registry(str(tmp_path_factory.mktemp("registry") / "models"))
    registry.activate(train_version(TrainingPlan([str(JANUARY)], [], "linear", {}), registry).version)
    return registry.location


@pytest.fixture
def ridescore(registry: str) -> Callable[..., Any]:
    """Start the command line with settings of our own."""
    ours = ("API_", "MODEL_", "REDIS_", "WORKER_", "BATCH_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}

    def start(*words: str, **settings: str) -> "subprocess.Popen[str]":
        environment = {**kept, "MODEL_REGISTRY": registry, **settings}
        return subprocess.Popen(
            [sys.executable, "-m", "cli", *words], env=environment, stdout=subprocess.PIPE, text=True
        )

    return start


def by_batch(rides: Path, folder: Path, ridescore: Callable[..., Any]) -> Answers:
    process = ridescore(
        "batch", "score", str(rides), "--output", str(folder), "--processes", "2", "--json", BATCH_PART_ROWS="2000"
    )
    report = json.loads(process.communicate(timeout=120)[0])
    (file,) = report["files"]
    assert len(file["predictions"]) > 1, "several parts, by two processes"
    found = [row for path in file["predictions"] for row in pq.read_table(path).to_pylist()]
    refused = [row for path in file["quarantine"] for row in pq.read_table(path).to_pylist()]
    return Answers(
        {row["ride_id"]: (row["predicted_duration"].hex(), row["known_route"], row["model_version"]) for row in found},
        {f"{STEM}_{row['row_number']}" for row in refused},
    )


def by_api(rides: Path, folder: Path, registry: str) -> Answers:
    predictions, refused = {}, set()
    server = start_server(folder / "serve.log", registry)
    try:
        wait_until(lambda: server.get("/ready").status == 200, "the server is ready")
        rows = pq.read_table(rides, columns=COLUMNS[2:]).to_pylist()
        for row in rows:  # JSON has no infinity
            if row["trip_distance"] == math.inf:
                row["trip_distance"] = None
        for first in range(0, len(rows), 2_500):
            some = [{"ride_id": f"{STEM}_{first + at}", **row} for at, row in enumerate(rows[first : first + 2_500])]
            for answer in server.post("/predict/batch", {"rides": some}).json()["predictions"]:
                if "error" in answer:
                    refused.add(f"{STEM}_{first + answer['index']}")
                else:
                    bits = float(answer["duration"]).hex()
                    predictions[answer["ride_id"]] = (bits, answer["known_route"], answer["model_version"])
    finally:
        server.stop()
    return Answers(predictions, refused)


def by_worker(rides: Path, servers: str, name: str, ridescore: Callable[..., Any]) -> Answers:
    settings = {
        "KAFKA_BOOTSTRAP_SERVERS": servers,
        "WORKER_INPUT_TOPIC": f"{name}.in",
        "WORKER_OUTPUT_TOPIC": f"{name}.out",
        "WORKER_DEAD_LETTER_TOPIC": f"{name}.dead",
        "WORKER_GROUP": name,
    }
    for words in (("topics", "create"), ("publish", str(rides))):
        process = ridescore(*words, **settings)
        process.communicate(timeout=120)
        assert process.returncode == 0
    worker = ridescore("worker", **settings)
    try:
        return read_topics(servers, name, pq.read_metadata(rides).num_rows)
    finally:
        worker.send_signal(SIGTERM)
        worker.communicate(timeout=60)


def read_topics(servers: str, name: str, wanted: int) -> Answers:
    predictions, refused = {}, set()
    consumer = KafkaConsumer(
        bootstrap_servers=servers, isolation_level="read_committed", auto_offset_reset="earliest", group_id=None
    )
    consumer.assign([TopicPartition(f"{name}.{topic}", part) for topic in ("out", "dead") for part in range(3)])
    deadline = time.monotonic() + 120
    while len(predictions) + len(refused) < wanted:
        assert time.monotonic() < deadline, f"{len(predictions)} + {len(refused)} of {wanted}"
        for part, records in consumer.poll(timeout_ms=500).items():
            for record in records:
                if part.topic.endswith(".dead"):
                    refused.add(record.key.decode())
                    continue
                found = json.loads(record.value)
                bits = float(found["duration"]).hex()
                predictions[found["ride_id"]] = (bits, found["known_route"], found["model_version"])
    consumer.close()
    return Answers(predictions, refused)


def test_the_three_doors_give_the_same_numbers(
    rides: Path,
    registry: str,
    ridescore: Callable[..., Any],
    kafka_servers: str,
    unique_name: Callable[[str], str],
    tmp_path: Path,
) -> None:
    rows = pq.read_metadata(rides).num_rows
    batch = by_batch(rides, tmp_path / "scored", ridescore)
    assert len(batch.predictions) == rows - len(BROKEN) >= 6_000
    assert batch.refused == {f"{STEM}_{row}" for row in range(1_000, 1_000 + len(BROKEN))}
    assert len({minutes for minutes, *_ in batch.predictions.values()}) > 1_000, "they are not all alike"
    assert by_api(rides, tmp_path, registry) == batch
    assert by_worker(rides, kafka_servers, unique_name("doors"), ridescore) == batch
