"""Starting: what is wrong is said in one line with its remedy, and the exit code tells which kind it is."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from signal import SIGINT, SIGTERM
from typing import Any

import pytest

from tests.stream_site.checking import check

RIDESCORE = str(Path(sys.executable).with_name("ridescore"))


@pytest.fixture
def start(taught: Any, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a worker that must end by itself; no Kafka is there unless named."""

    def run(**settings: str) -> subprocess.CompletedProcess[str]:
        environment = _clean() | {"MODEL_REGISTRY": str(taught.registry), "KAFKA_BOOTSTRAP_SERVERS": _closed_port()}
        return subprocess.run(
            [RIDESCORE, "worker"],
            env=environment | settings,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def _clean() -> dict[str, str]:
    ours = ("WORKER_", "MODEL_", "KAFKA_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def _closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


def _error(ended: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in ended.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""
    return lines[0]


def test_without_topics_it_says_how_to_make_them(site: Callable[..., Any]) -> None:
    here = site(topics=False)
    ended = here.run("worker")
    assert ended.returncode == 2
    assert f"there is no topic {', '.join(here.topics)}; make it: ridescore topics create" in _error(ended)


def test_without_a_broker_it_names_the_address(start: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    address = _closed_port()
    ended = start(KAFKA_BOOTSTRAP_SERVERS=address)
    assert ended.returncode == 5
    assert address in _error(ended)
    assert "KAFKA_BOOTSTRAP_SERVERS" in _error(ended)


def test_without_a_model_it_says_how_to_train_one(
    start: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    ended = start(MODEL_REGISTRY=str(tmp_path / "empty"))
    assert ended.returncode == 3
    assert "has no active version; train one with `ridescore train" in _error(ended)


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("WORKER_GROOP", "g", "WORKER_GROOP is no setting; did you mean WORKER_GROUP?"),
        ("WORKER_BATCH_RIDES", "0", "WORKER_BATCH_RIDES: "),
        ("WORKER_TRANSACTION_TIMEOUT_SECONDS", "60", "must be less than WORKER_DELIVERY_TIMEOUT_SECONDS"),
        ("WORKER_OUTPUT_TOPIC", "rides", "must differ"),
        ("KAFKA_BOOTSTRAP_SERVER", "x:9092", "did you mean KAFKA_BOOTSTRAP_SERVERS?"),
    ],
)
def test_a_setting_that_is_wrong_is_named(
    setting: str, value: str, message: str, start: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    ended = start(**{setting: value})
    assert ended.returncode == 2
    assert message in _error(ended)


def test_a_port_that_is_taken_is_named(start: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    with socket.create_server(("", 0)) as listener:
        port = str(listener.getsockname()[1])
        ended = start(WORKER_PORT=port)
    assert ended.returncode == 2
    assert f"WORKER_PORT {port}" in _error(ended)


def test_a_slot_that_is_taken_on_this_host_is_named(site: Callable[..., Any]) -> None:
    here = site(WORKER_SLOT="blue")
    first = here.worker()
    first.started()
    ended = here.run("worker")
    assert ended.returncode == 2
    assert f"holds the slot blue of group {here.name}" in _error(ended)
    assert first.stop(SIGTERM) == 0


def test_a_slot_that_is_taken_elsewhere_fences_the_one_that_had_it(
    site: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Another host has other lock files; here another temporary folder."""
    here = site(WORKER_SLOT="blue")
    first = here.worker()
    _wait_until_ready(first)
    second = here.worker(TMPDIR=str(tmp_path_factory.mktemp("elsewhere")))
    _wait_until_ready(second, partitions=1)
    here.publish(*here.mixed(300))
    here.wait_for_all()
    assert first.ended.wait(30) == 6
    assert "another worker has taken this slot" in first.log.read_text()
    assert second.stop(SIGTERM) == 0
    assert check(here).total() == 300


def test_a_second_ctrl_c_ends_it_at_once(taught: Any, tmp_path: Path) -> None:
    """While it waits for a broker that takes connections and never answers, the first one cannot be obeyed yet."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environment = _clean() | {
            "MODEL_REGISTRY": str(taught.registry),
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{silent.getsockname()[1]}",
            "WORKER_GROUP": tmp_path.name,
        }
        with subprocess.Popen([RIDESCORE, "worker"], env=environment, stderr=subprocess.PIPE, text=True) as worker:
            try:
                assert worker.stderr is not None
                assert any('"worker started"' in line for line in worker.stderr)
                worker.send_signal(SIGINT)
                with pytest.raises(subprocess.TimeoutExpired):
                    worker.wait(1)
                worker.send_signal(SIGINT)
                assert worker.wait(5) == 130
            finally:
                worker.kill()


def _wait_until_ready(worker: Any, partitions: int = 3) -> None:
    deadline = time.monotonic() + 30
    while (answer := worker.ask("/ready"))[0] != 200:
        assert time.monotonic() < deadline, f"not ready: {answer}"
        time.sleep(0.05)
