"""Five thousand rides of every kind, published two ways: each comes out once, and right."""

from collections import Counter
from collections.abc import Callable
from signal import SIGTERM
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.stream_site.checking import check


def test_every_ride_comes_out_once_and_as_scikit_learn_has_it(site: Callable[..., Any]) -> None:
    here = site(WORKER_BATCH_RIDES="700")
    here.publish(*here.mixed(2_500))
    zones = [None if row % 100 == 50 else (row % 29 or 300) for row in range(2_500)]
    table = {"PULocationID": zones, "DOLocationID": [7] * 2_500, "trip_distance": [row / 100 for row in range(2_500)]}
    pq.write_table(pa.table(table), here.folder / "green.parquet")
    published = here.run("publish", str(here.folder / "green.parquet"))
    assert (published.returncode, published.stdout) == (0, f"published 2,500 rides to {here.rides}\n")

    worker = here.worker()
    here.wait_for_all()
    assert worker.stop(SIGTERM) == 0
    kinds = check(here)
    broken = sum(zone is None or zone == 300 for zone in zones)
    assert kinds == Counter(
        {
            "valid": 2_250 + 2_500 - broken,
            "undecodable": 95,
            "invalid-ride": 93 + broken,
            "model-failed": 31,
            "tombstone": 31,
        }
    )
    assert f'"rides":{kinds["valid"]},"dead_letters":{kinds.total() - kinds["valid"]}' in worker.log.read_text()


def test_records_that_kafka_python_itself_cannot_send(site: Callable[..., Any]) -> None:
    """Other clients write null headers, and records with neither key nor value; ours must pass them on."""
    confluent = pytest.importorskip("confluent_kafka")
    here = site()
    producer = confluent.Producer({"bootstrap.servers": here.servers, "linger.ms": 0})
    ride = b'{"PULocationID": 7, "DOLocationID": 8, "trip_distance": 1.5}'
    producer.produce(here.rides, partition=0, value=None, key=None, headers=[("kind", b"tombstone")])
    producer.produce(here.rides, partition=0, value=ride, headers=[("kind", b"valid"), ("trace", None)])
    producer.produce(here.rides, partition=0, value=b"x", headers=[("kind", b"undecodable"), ("trace", None)])
    producer.produce(here.rides, partition=0, value=ride, key=b"", headers=[("kind", b"valid")])
    assert producer.flush(30) == 0
    here.worker()
    here.wait_for_all()
    assert check(here) == Counter({"valid": 2, "tombstone": 1, "undecodable": 1})
    for record in (*here.read(here.predictions), *here.read(here.letters)):
        names = dict(record.headers)
        assert names.get("ridescore.null-headers") == (b"trace" if "trace" in names else None)
