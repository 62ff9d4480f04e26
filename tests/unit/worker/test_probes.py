"""`/live`, `/ready` and `/metrics` over a real socket."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from scoring.errors import SettingsError
from scoring.metrics import Metrics
from worker.probes import serve_probes
from worker.state import WorkerState


class Probed:
    def __init__(self, port: int, state: WorkerState, metrics: Metrics, now: list[float]) -> None:
        self.port, self.state, self.metrics, self.now = port, state, metrics, now

    def ask(self, path: str, method: str = "GET") -> tuple[int, str, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return response.status, response.headers["Content-Type"], response.read().decode()
        finally:
            connection.close()


@contextmanager
def probed() -> Iterator[Probed]:
    now = [0.0]
    state = WorkerState(slow_seconds=30.0, clock=lambda: now[0])
    metrics = Metrics(CollectorRegistry())
    with serve_probes(0, state, metrics.registry) as port:
        yield Probed(port, state, metrics, now)


def test_live_follows_the_loop() -> None:
    with probed() as worker:
        status, kind, body = worker.ask("/live")
        assert (status, kind) == (200, "application/json")
        assert json.loads(body) == {"status": "ok", "model_version": "", "partitions": 0}
        worker.now[0] = 31.0
        status, _kind, body = worker.ask("/live")
        assert status == 503
        assert json.loads(body)["status"] == "unavailable"
        worker.state.moved()
        assert worker.ask("/live")[0] == 200


def test_ready_follows_the_assignment_and_the_stop() -> None:
    with probed() as worker:
        assert worker.ask("/ready")[0] == 503
        worker.state.partitions, worker.state.model_version = 3, "v1"
        status, _kind, body = worker.ask("/ready?verbose=1")
        assert status == 200
        assert json.loads(body) == {"status": "ok", "model_version": "v1", "partitions": 3}
        worker.state.stopping = True
        assert worker.ask("/ready")[0] == 503
        assert worker.ask("/live")[0] == 200, "a worker that drains is alive"


def test_metrics_can_be_parsed_and_are_the_workers() -> None:
    with probed() as worker:
        worker.metrics.rides.labels("stream", "scored").inc(41)
        status, kind, body = worker.ask("/metrics")
        assert status == 200
        assert kind.startswith("text/plain")
        families = {family.name: family for family in text_string_to_metric_families(body)}
        (sample,) = [each for each in families["ridescore_rides"].samples if each.name == "ridescore_rides_total"]
        assert (sample.labels, sample.value) == ({"door": "stream", "outcome": "scored"}, 41.0)
        assert "ridescore_predicted_minutes" in families


def test_other_paths_say_which_there_are() -> None:
    with probed() as worker:
        status, _kind, body = worker.ask("/health")
        assert status == 404
        assert body == "see /live, /ready and /metrics\n"
        assert worker.ask("/live", "POST")[0] == 501


def test_a_silent_client_does_not_keep_others_waiting() -> None:
    with probed() as worker, socket.create_connection(("127.0.0.1", worker.port)):
        assert worker.ask("/live")[0] == 200


def test_a_taken_port_is_a_settings_error() -> None:
    with probed() as worker:
        state = WorkerState(30.0)
        with (
            pytest.raises(SettingsError, match=f"cannot listen on WORKER_PORT {worker.port}: .*0 takes any free port"),
            serve_probes(worker.port, state, CollectorRegistry()),
        ):
            pytest.fail("two on one port")


def test_the_port_is_free_again_afterwards() -> None:
    with probed() as worker:
        port = worker.port
    with serve_probes(port, WorkerState(30.0), CollectorRegistry()) as again:
        assert again == port
