"""The container's health probe: what it asks by role, and what it makes of answers."""

import importlib.util
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType

import pytest

from local_services.ports import free_port

FILE = Path(__file__).parents[3] / "deploy" / "image" / "probe.py"
SERVE = ["/sbin/docker-init", "--", "ridescore", "serve"]


@pytest.fixture(scope="module")
def probe() -> ModuleType:
    spec = importlib.util.spec_from_file_location("probe", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("words", "environment", "url"),
    [
        (SERVE, {}, "http://127.0.0.1:9696/ready"),
        (SERVE, {"PORT": "8080"}, "http://127.0.0.1:8080/ready"),
        ([*SERVE, "--port", "7000"], {"PORT": "8080"}, "http://127.0.0.1:7000/ready"),
        ([*SERVE, "--port=7000", ""], {}, "http://127.0.0.1:7000/ready"),
        (
            ["/venv/bin/python3", "/venv/bin/ridescore", "worker", ""],
            {"WORKER_PORT": "9697"},
            "http://127.0.0.1:9697/ready",
        ),
        (["/venv/bin/python3", "/venv/bin/ridescore", "worker"], {"WORKER_PORT": "0"}, None),
        (["/venv/bin/python3", "/venv/bin/ridescore", "flows", "serve"], {}, None),
        (["ridescore", "train", "--data", "serve"], {}, None),
        (["/bin/sh"], {}, None),
        ([], {}, None),
    ],
)
def test_what_is_asked_follows_the_role(
    probe: ModuleType, words: list[str], environment: dict[str, str], url: str | None
) -> None:
    assert probe.probe_url(words, environment) == url


@pytest.fixture
def server() -> Iterator[str]:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path != "/ready" else 503)
            self.end_headers()
            self.wfile.write(b'{"status":"READY"}')

        def log_message(self, *_: object) -> None:
            return

    listening = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_address[1]}"
    listening.shutdown()
    listening.server_close()
    thread.join()


def test_only_an_answer_with_200_and_the_text_is_healthy(probe: ModuleType, server: str) -> None:
    assert probe.problem_of(f"{server}/live") is None
    assert probe.problem_of(f"{server}/live", '"status":"READY"') is None
    assert probe.problem_of(f"{server}/live", "DONE") == f"{server}/live does not tell DONE"
    assert probe.problem_of(f"{server}/ready") == f"{server}/ready answers 503"
    nobody = f"http://127.0.0.1:{free_port()}/live"
    assert probe.problem_of(nobody).startswith(f"{nobody}: ")
    assert probe.main([f"{server}/live", "READY"]) == 0
    assert probe.main([f"{server}/ready"]) == 1
