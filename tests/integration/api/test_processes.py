"""Starting and stopping: ports, models, signals, several processes, other WSGI servers."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from scoring.rides.ride import Ride

from .conftest import RIDE, WAIT_SECONDS, Server, Taught, is_ready, start_server, wait_until


def failed_start(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli", "serve", *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
        check=False,
    )


def test_a_port_that_is_taken_is_an_error_that_says_so() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        ended = failed_start("--port", port)
    assert ended.returncode == 2
    assert f"PORT {port}: Address already in use" in ended.stderr


@pytest.mark.parametrize("host", ["203.0.113.7", "no.such.host.invalid"])
def test_a_host_that_is_not_ours_is_an_error_that_says_so(host: str) -> None:
    ended = failed_start("--port", "0", "--host", host)
    assert ended.returncode == 2
    assert f"HOST {host}" in ended.stderr


def test_a_port_out_of_range_is_an_error() -> None:
    ended = failed_start(PORT="70000")
    assert ended.returncode == 2
    assert "PORT" in ended.stderr


def test_a_host_may_be_a_name(serve: Callable[..., Server]) -> None:
    assert serve("--host", "localhost").get("/live").status == 200


def test_it_starts_without_a_model_and_says_so(serve: Callable[..., Server], tmp_path: Path) -> None:
    server = serve(registry=tmp_path / "none", ready=False)
    assert server.get("/live").status == 200
    health = server.get("/health")
    assert (health.status, health.json()["status"], health.json()["model_version"]) == (503, "unavailable", None)
    assert "none" in health.json()["dependencies"]["model"]["detail"]
    assert server.get("/ready").status == 503
    answer = server.post("/predict", RIDE)
    assert (answer.status, answer.json()["code"]) == (503, "model-unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert server.post("/predict/batch", {"rides": [RIDE]}).status == 503


def test_a_pickle_of_the_course_is_served(serve: Callable[..., Server], taught: Taught) -> None:
    server = serve(MODEL_PATH=str(taught.pickle))
    prediction = server.post("/predict", RIDE).json()
    duration, _known = taught.scorer.model.score_ride(Ride(10, 20, 3.5))
    assert prediction["duration"] == pytest.approx(duration, abs=1e-9)
    assert prediction["model_version"].startswith("model-")


def test_python_m_api_serves(taught: Taught, tmp_path: Path) -> None:
    server = start_server(tmp_path / "api.log", taught.registry, command="api")
    try:
        assert server.post("/predict", RIDE).status == 200
    finally:
        assert server.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_signal_ends_it_with_0(serve: Callable[..., Server], number: int, workers: str) -> None:
    server = serve("--workers", workers)
    assert server.stop(number) == 0
    assert [line["event"] for line in server.lines()][-1] == "API stopped"
    with pytest.raises(OSError, match="refused"):
        server.get("/live")


def test_what_is_in_flight_when_it_is_told_to_stop_is_answered(serve: Callable[..., Server]) -> None:
    server = serve()
    body = b'{"PULocationID": 10, "DOLocationID": 20, "trip_distance": 3.5}'
    head = b"POST /predict HTTP/1.1\r\nHost: r\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(
        body
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_SECONDS) as connection:
        connection.sendall(head + body[:10])
        wait_until(lambda: server.post("/predict", RIDE).status == 200, "it has seen the other request by now")
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not _accepts(server), "it takes no more connections")
        connection.sendall(body[10:])
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert server.stop() == 0


def _accepts(server: Server) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", server.port), timeout=1) as connection:
            connection.settimeout(0.5)
            connection.sendall(b"GET /live HTTP/1.1\r\nHost: r\r\n\r\n")
            return connection.recv(12) != b""
    except OSError:
        return False


def test_requests_under_load_are_all_answered_while_it_stops(serve: Callable[..., Server]) -> None:
    server = serve("--workers", "2")
    told = threading.Event()
    bad: list[int] = []

    def ask() -> None:
        while not told.is_set():
            try:
                status = server.post("/predict", RIDE).status
            except OSError:
                continue  # refused: it takes no more
            if status != 200:
                bad.append(status)

    with ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            pool.submit(ask)
        time.sleep(0.5)
        assert server.stop() == 0
        told.set()
    assert bad == []


def test_a_stop_takes_no_longer_than_its_deadline(serve: Callable[..., Server]) -> None:
    server = serve(API_SHUTDOWN_SECONDS="1", API_BODY_SECONDS="600")
    head = b"POST /predict HTTP/1.1\r\nHost: r\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port)) as never_done:
        never_done.sendall(head)
        wait_until(lambda: server.post("/predict", RIDE).status == 200, "it has seen the other request by now")
        assert server.stop() == 0


def test_a_second_ctrl_c_ends_it_at_once(serve: Callable[..., Server]) -> None:
    server = serve(API_SHUTDOWN_SECONDS="600", API_BODY_SECONDS="600")
    head = b"POST /predict HTTP/1.1\r\nHost: r\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port)) as never_done:
        never_done.sendall(head)
        wait_until(lambda: server.post("/predict", RIDE).status == 200, "it has seen the other request by now")
        server.process.send_signal(signal.SIGINT)
        wait_until(lambda: not _accepts(server), "it takes no more connections")
        assert server.stop(signal.SIGINT) == 130


def test_ready_says_no_while_it_drains(serve: Callable[..., Server]) -> None:
    server = serve(API_DRAIN_SECONDS="600")
    server.process.send_signal(signal.SIGTERM)
    wait_until(lambda: server.get("/ready").status == 503, "ready says no")
    assert server.post("/predict", RIDE).status == 200, "and rides are still scored"
    server.process.send_signal(signal.SIGINT)
    assert server.stop(signal.SIGINT) == 130


def children(server: Server) -> set[int]:
    text = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    return {int(each) for each in text.split()}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_that_dies_is_started_again(serve: Callable[..., Server]) -> None:
    server = serve("--workers", "2")
    for _ in range(3):
        before = children(server)
        assert len(before) == 2
        victim = before.pop()
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda gone=victim: len(children(server) - {gone}) == 2, "another was started")  # type: ignore[misc]
        wait_until(lambda: server.post("/predict", RIDE).status == 200, "rides are scored")
    assert server.stop() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_children_end_with_their_parent(serve: Callable[..., Server]) -> None:
    server = serve("--workers", "2")
    orphans = children(server)
    server.process.kill()
    server.process.wait()
    wait_until(lambda: not any(Path(f"/proc/{pid}/cmdline").exists() for pid in orphans), "its children ended")


def test_metrics_are_of_all_processes_and_survive_one(serve: Callable[..., Server]) -> None:
    server = serve("--workers", "2")
    for _ in range(50):
        assert server.post("/predict", RIDE).status == 200

    def scored() -> float:
        text = server.get("/metrics").body.decode()
        rows = [
            row for row in text.splitlines() if row.startswith('ridescore_rides_total{door="http",outcome="scored"}')
        ]
        return float(rows[0].split()[-1]) if rows else 0.0

    wait_until(lambda: scored() == 50, "every ride is counted once")
    if sys.platform == "linux":
        os.kill(children(server).pop(), signal.SIGKILL)
        wait_until(lambda: len(children(server)) == 2 and is_ready(server), "another was started")
        assert scored() == 50


def test_a_folder_of_metrics_is_gone_when_it_stops(serve: Callable[..., Server], tmp_path: Path) -> None:
    server = serve("--workers", "2", TMPDIR=str(tmp_path))
    assert list(tmp_path.glob("ridescore-metrics-*"))
    assert server.stop() == 0
    assert not list(tmp_path.glob("ridescore-metrics-*"))


@pytest.mark.parametrize("name", ["application", "app"])
def test_any_wsgi_server_serves_it(taught: Taught, name: str) -> None:
    code = f"""
import sys
from wsgiref.simple_server import make_server
from api.wsgi import {name}
with make_server("127.0.0.1", 0, {name}) as server:
    print(server.server_port, flush=True)
    server.serve_forever()
"""
    environment = {**os.environ, "MODEL_REGISTRY": str(taught.registry)}
    with ExitStack() as stack:
        process = subprocess.Popen(
            [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        stack.callback(process.wait)
        stack.callback(process.kill)
        assert process.stdout is not None
        stack.callback(process.stdout.close)
        server = Server(process, int(process.stdout.readline()), Path(os.devnull))  # type: ignore[arg-type]
        answer = server.post("/predict", RIDE)
        assert (answer.status, answer.json()["model_version"]) == (200, taught.scorer.model_version)
        assert answer.headers["x-request-id"] == answer.json()["ride_id"]
        assert server.post("/predict", {}).status == 400
        assert server.get("/health").json()["status"] == "healthy"
