"""The Python client and the commands that use it, on a real server: the numbers are the core's, bit for bit."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import psutil
import pyarrow as pa
import pytest

from api.client import Busy, Client, InvalidRequest, Prediction, RefusedRide, Ride, Unauthorized
from cli.exit_codes import ExitCode

from .conftest import Server, Taught, wait_until

RIDES = [Ride(zone, 20, zone / 7, f"r{zone}") for zone in range(1, 60)]


def durations(taught: Taught) -> list[float]:
    return [taught.scorer.model.score_ride(ride)[0] for ride in RIDES]


def cli(*words: str, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    env = {name: value for name, value in os.environ.items() if not name.startswith(("API_", "MODEL_", "HOST", "PORT"))}
    command = [sys.executable, "-m", "cli", *words]
    return subprocess.run(command, env={**env, **environment}, capture_output=True, timeout=300, check=False)


def test_one_by_one_in_a_batch_and_as_a_table_it_is_the_same_number(server: Server, taught: Taught) -> None:
    expected = durations(taught)
    columns = ("PULocationID", "DOLocationID", "trip_distance", "ride_id")
    table = pa.table({name: [getattr(ride, name) for ride in RIDES] for name in columns})
    with Client(server.url, batch_rides=25) as client:
        assert [client.predict(ride).duration for ride in RIDES] == expected
        batch = list(client.predict_batch(RIDES))
        answer = client.predict_table(table)
    assert all(isinstance(each, Prediction) for each in batch)
    assert [each.duration for each in batch if isinstance(each, Prediction)] == expected
    assert [each.ride_id for each in batch if isinstance(each, Prediction)] == [ride.ride_id for ride in RIDES]
    assert answer.column("duration").to_pylist() == expected
    assert answer.column("ride_id").to_pylist() == [ride.ride_id for ride in RIDES]


def test_the_request_id_names_the_ride_and_the_problem(server: Server) -> None:
    with Client(server.url) as client:
        assert client.predict(Ride(10, 20, 1.0), request_id="mine-1").ride_id == "mine-1"
        with pytest.raises(InvalidRequest) as raised:
            client.predict({"PULocationID": 10, "DOLocationID": 20}, request_id="mine-2")
    assert (raised.value.code, raised.value.request_id) == ("invalid-ride", "mine-2")
    assert raised.value.errors[0]["field"] == "trip_distance"


def test_a_bad_ride_of_a_batch_is_told_at_its_place(server: Server) -> None:
    with Client(server.url, batch_rides=2) as client:
        answers = list(client.predict_batch([RIDES[0], RIDES[1], {"PULocationID": "43"}, RIDES[2]]))
    refused = answers[2]
    assert isinstance(refused, RefusedRide)
    assert (refused.index, refused.code) == (2, "invalid-ride")
    assert "PULocationID" in refused.message
    assert [isinstance(each, Prediction) for each in answers] == [True, True, False, True]


def test_the_whole_limit_goes_in_one_request(server: Server) -> None:
    with Client(server.url) as client:
        assert sum(1 for _ in client.predict_batch(RIDES[0] for _ in range(10_001))) == 10_001


def test_rides_without_ids_get_different_ones_in_every_part(server: Server) -> None:
    ride = {"PULocationID": 10, "DOLocationID": 20, "trip_distance": 1.0}
    table = pa.table({name: [value] * 5 for name, value in ride.items()})
    with Client(server.url, batch_rides=2) as client:
        answers = list(client.predict_batch([ride] * 5, request_id="mine"))
        ids = client.predict_table(table, request_id="mine").column("ride_id").to_pylist()
    assert len({each.ride_id for each in answers if isinstance(each, Prediction)}) == 5
    assert len(set(ids)) == 5


def test_health(server: Server, taught: Taught) -> None:
    with Client(server.url) as client:
        health = client.health()
    assert (health.status, health.model_version) == ("healthy", taught.scorer.model_version)


def test_the_token(serve: Callable[..., Server]) -> None:
    server = serve(API_TOKEN="sesame-sesame")
    with Client(server.url) as client, pytest.raises(Unauthorized):
        client.predict(RIDES[0])
    with Client(server.url, token="sesame-sesame") as client:
        assert client.predict(RIDES[0]).ride_id == "r1"
    words = ("predict", "--pu", "10", "--do", "20", "--distance", "1", "--url", server.url)
    assert cli(*words).returncode == ExitCode.SERVER
    assert cli(*words, API_TOKEN="sesame-sesame").returncode == ExitCode.OK


def test_a_server_without_a_model_is_busy_until_the_time_is_up(serve: Callable[..., Server], tmp_path: Path) -> None:
    server = serve(registry=tmp_path / "none", ready=False)
    with Client(server.url, total_seconds=0.5) as client:
        with pytest.raises(Busy) as raised:
            client.predict(RIDES[0])
        assert client.health().status == "unavailable"
    assert raised.value.code == "model-unavailable"


def test_predict_by_a_server_is_predict_by_the_model(server: Server, taught: Taught, tmp_path: Path) -> None:
    lines = b'{"PULocationID": 10, "DOLocationID": 20, "trip_distance": 3.5}\n{"PULocationID": 0}\nnonsense\n'
    (tmp_path / "rides.jsonl").write_bytes(lines)
    file = str(tmp_path / "rides.jsonl")
    asked = cli("predict", file, "--json", "--url", server.url)
    here = cli("predict", file, "--json", MODEL_REGISTRY=str(taught.registry))
    assert asked.returncode == here.returncode == ExitCode.RIDES
    found, expected = ([json.loads(line) for line in each.stdout.splitlines()] for each in (asked, here))
    for each in (*found, *expected):
        each.pop("prediction_time", None)
    assert found == expected
    assert found[0]["duration"] == taught.scorer.model.score_ride(Ride(10, 20, 3.5))[0]


def test_a_killed_worker_fails_no_call(serve: Callable[..., Server], taught: Taught) -> None:
    server = serve("--workers", "2")
    expected = taught.scorer.model.score_ride(RIDES[0])[0]
    stop = threading.Event()

    def ask() -> int:
        with Client(server.url, total_seconds=60) as client:
            calls = 0
            while not stop.is_set():
                assert client.predict(RIDES[0]).duration == expected
                calls += 1
            return calls

    with ThreadPoolExecutor(4) as threads:
        asking = [threads.submit(ask) for _ in range(4)]
        try:
            for _ in range(3):
                time.sleep(1)
                victim = psutil.Process(server.process.pid).children()[0]
                victim.kill()
                wait_until(lambda gone=victim: not gone.is_running(), "the worker is gone")  # type: ignore[misc]
                wait_until(lambda: len(psutil.Process(server.process.pid).children()) == 2, "another is there")
        finally:
            stop.set()
        assert all(each.result() > 0 for each in asking)


@pytest.mark.skipif(find_spec("locust") is None, reason="the extra loadtest is not installed")
@pytest.mark.parametrize("own", [True, False], ids=["a server of its own", "a server that runs"])
def test_loadtest_measures_a_server(server: Server, taught: Taught, tmp_path: Path, own: bool) -> None:
    where = () if own else ("--url", server.url)
    html = tmp_path / "report.html"
    ended = cli(
        *("loadtest", "--users", "4", "--seconds", "4", "--rate", "50", "--html", str(html), "--json", *where),
        MODEL_REGISTRY=str(taught.registry),
    )
    assert ended.returncode == ExitCode.OK, ended.stderr
    told = json.loads(ended.stdout)
    assert told["failures"] == 0
    assert 10 <= told["requests"] <= 300
    assert told["response_ms"]["p50"] <= told["response_ms"]["p99"] <= told["response_ms"]["longest"] + 10
    assert told["server"]["memory_bytes"]["peak"] > 10_000_000
    assert "<html" in html.read_text()
