"""The real server as a process of its own, asked over a socket; each test that uses `server` runs on both layers."""

import json
import os
import pickle
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from signal import SIGABRT, SIGTERM
from typing import Any

import numpy as np
import pytest
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LinearRegression

from scoring.registry.registry import Registry
from scoring.scorer import Scorer
from training.imported import import_pickle

WAIT_SECONDS = 60.0
JSON = {"Content-Type": "application/json"}
RIDE = {"PULocationID": 10, "DOLocationID": 20, "trip_distance": 3.5}


@dataclass(frozen=True)
class Taught:
    """A registry with one active version, the pickle that it was imported from, and its scorer in this process."""

    registry: Path
    pickle: Path
    scorer: Scorer


@pytest.fixture(scope="session")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Taught:
    """Fit a model as a notebook does, pickle it, import it."""
    folder = tmp_path_factory.mktemp("taught")
    random = np.random.default_rng(5)
    rides = [
        {"PU_DO": f"{pickup}_{dropoff}", "trip_distance": round(float(random.gamma(2, 1.5)), 2)}
        for pickup, dropoff in random.integers(1, 30, (800, 2)).tolist()
    ]
    rides.append({"PU_DO": "10_20", "trip_distance": 2.0})
    minutes = [4 + 3.1 * ride["trip_distance"] + random.normal() for ride in rides]
    vectorizer = DictVectorizer()
    regressor = LinearRegression().fit(vectorizer.fit_transform(rides), minutes)
    (folder / "model.pkl").write_bytes(pickle.dumps((vectorizer, regressor)))
    registry = Registry(str(folder / "models"))
    version = import_pickle(folder / "model.pkl", registry).version
    registry.activate(version)
    return Taught(folder / "models", folder / "model.pkl", Scorer(registry.load(version).model, version))


@dataclass(frozen=True)
class Answer:
    """What came back; header names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Server:
    """A server that runs; its log goes to a file."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """One request on a connection of its own; a body that is not bytes is sent as JSON."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=WAIT_SECONDS)
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        given = dict(headers or {}) if sent is None else {**JSON, **(headers or {})}
        try:
            connection.request(method, path, sent, given)
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
        return self.ask("POST", path, body, headers)

    def lines(self) -> list[dict[str, Any]]:
        """The log so far, without a line that is still being written."""
        written, _newline, _unfinished = self.log.read_text().rpartition("\n")
        return [json.loads(line) for line in written.splitlines() if line.startswith("{")]

    def stop(self, number: int = SIGTERM) -> int:
        """Send a signal and wait; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.send_signal(SIGABRT)
            pytest.fail(f"the server did not stop: {self.log.read_text()}")


def start_server(log: Path, registry: Path | str, *words: str, command: str = "cli", **environment: str) -> Server:
    """Start `ridescore serve` on a free port and wait until it listens; the caller asks whether it is ready."""
    ours = ("API_", "MODEL_", "REDIS_", "WORKER_", "HOST", "PORT")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    settings = {"MODEL_REGISTRY": str(registry), "PORT": "0", "PYTHONFAULTHANDLER": "1", **environment}
    serve = ["serve", *words] if command == "cli" else list(words)
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", command, *serve], env={**kept, **settings}, stderr=output)
    deadline = time.monotonic() + WAIT_SECONDS
    while not (found := re.search(r'"API started".*?"port":(\d+)', log.read_text())):
        assert process.poll() is None, f"the server ended at once: {log.read_text()}"
        assert time.monotonic() < deadline, f"the server did not start: {log.read_text()}"
        time.sleep(0.02)
    return Server(process, int(found[1]), log)


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    """Wait until something holds, for as long as a slow machine may need."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"still not so: {what}"
        time.sleep(0.02)


def is_ready(server: Server) -> bool:
    """Whether it answers and is ready."""
    try:
        return server.get("/ready").status == 200
    except OSError:
        return False


@pytest.fixture
def serve(taught: Taught, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers of one's own: ``serve("--workers", "2", API_TOKEN="...")``; all are ended with the test."""
    started: list[Server] = []

    def start(*words: str, registry: Path | str = taught.registry, ready: bool = True, **more: str) -> Server:
        server = start_server(tmp_path / f"serve-{len(started)}.log", registry, *words, **more)
        started.append(server)
        if ready:
            wait_until(lambda: is_ready(server), "the server is ready")
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session", params=["fast", "flask"])
def server(
    request: pytest.FixtureRequest, taught: Taught, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server with a model, shared by all tests: with the fast layer in front of Flask, and without."""
    log = tmp_path_factory.mktemp("server") / f"{request.param}.log"
    fast = "1" if request.param == "fast" else "0"
    running = start_server(log, taught.registry, API_FAST_PATH=fast)
    wait_until(lambda: is_ready(running), "the server is ready")
    yield running
    assert running.stop() == 0, log.read_text()
