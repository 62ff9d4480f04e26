"""`ridescore loadtest`: what it refuses, and how it reads what Locust wrote; the run itself is an integration test."""

import os
import socket
import sys
from pathlib import Path

import msgspec
import pytest

from cli.exit_codes import ExitCode
from cli.loadtest import locust_run
from cli.loadtest.locust_run import percentile_of, read_results
from cli.loadtest.resources import watched
from cli.loadtest.server import is_loopback, listener_of
from local_services.ports import free_port
from scoring.errors import ClientError

from .conftest import Run


def test_a_server_on_another_machine_is_refused(run: Run) -> None:
    pytest.importorskip("psutil")
    ended = run("loadtest", "--url", "http://192.0.2.1:9696")
    assert ended.code == ExitCode.USAGE
    assert "--remote" in ended.err


@pytest.mark.parametrize("url", ["localhost:9696", "ftp://localhost", "http://"])
def test_what_is_no_url_is_refused(run: Run, url: str) -> None:
    assert run("loadtest", "--url", url).code == ExitCode.USAGE


def test_no_server_at_the_url_is_said_before_any_load(run: Run) -> None:
    ended = run("loadtest", "--url", f"http://127.0.0.1:{free_port()}")
    assert ended.code == ExitCode.SERVER
    assert "ridescore serve" in ended.err


def test_without_locust_it_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locust_run, "find_spec", lambda _name: None)
    ended = run("loadtest")
    assert ended.code == ExitCode.USAGE
    assert "ridescore[loadtest]" in ended.err


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("10.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - asked about, not listened on
        ("localhost.example.com", False),
    ],
)
def test_only_the_loopback_is_this_machine(host: str, here: bool) -> None:
    assert is_loopback(host) is here


@pytest.mark.parametrize(("share", "value"), [(0.5, 1.0), (0.9, 1.0), (0.91, 5.0), (0.99, 5.0), (1.0, 70.0)])
def test_percentiles_of_counted_values(share: float, value: float) -> None:
    assert percentile_of({1.0: 90, 5.0: 9, 70.0: 1}, share) == value


def entry(**changed: object) -> dict[str, object]:
    return {
        "num_requests": 10,
        "num_failures": 1,
        "response_times": {"1": 9, "30": 1},
        "start_time": 100.0,
        "last_request_timestamp": 104.0,
        "max_response_time": 31.5,
        **changed,
    }


def test_what_locust_wrote_is_added_up_over_routes(tmp_path: Path) -> None:
    other = entry(num_requests=90, num_failures=0, response_times={"1": 90}, last_request_timestamp=110.0)
    (tmp_path / "stats.json").write_bytes(msgspec.json.encode([entry(), other]))
    (tmp_path / "failures.csv").write_text("Method,Name,Error,Occurrences\nPOST,/predict,refused,1\n")
    found = read_results(tmp_path / "stats.json", tmp_path / "failures.csv")
    assert (found.requests, found.failures, found.failure_share) == (100, 1, 0.01)
    assert found.requests_per_second == 10.0
    assert (found.response_ms["p99"], found.response_ms["p99.9"], found.response_ms["longest"]) == (1.0, 30.0, 31.5)
    assert found.errors == {"POST /predict: refused": 1}


@pytest.mark.parametrize("stats", [b"", b"{}", b"[]"], ids=repr)
def test_a_run_without_results_is_an_error(tmp_path: Path, stats: bytes) -> None:
    (tmp_path / "stats.json").write_bytes(stats)
    (tmp_path / "failures.csv").write_text("Method,Name,Error,Occurrences\n")
    with pytest.raises(ClientError, match="Locust"):
        read_results(tmp_path / "stats.json", tmp_path / "failures.csv")


def test_who_listens_on_a_port_is_found() -> None:
    pytest.importorskip("psutil")
    with socket.create_server(("127.0.0.1", 0)) as mine:
        assert listener_of(mine.getsockname()[1]) == os.getpid()
    assert listener_of(free_port()) is None


@pytest.mark.skipif(sys.platform != "linux", reason="the loopback is named otherwise")
def test_what_a_process_uses_is_sampled() -> None:
    pytest.importorskip("psutil")
    with watched(os.getpid()) as used:
        while len(used.cpu_percent) < 2:
            sum(range(10_000))
    assert max(used.cpu_percent) > 0
    assert min(used.memory_bytes) > 1_000_000
    assert used.processes >= 1
