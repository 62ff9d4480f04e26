"""A real HTTP server on a real socket that says what a test tells it to, and remembers what it was asked."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest


@dataclass
class Answer:
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    hang_up: bool = False


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class ScriptedServer:
    """Answers in turn; the last answer is given to all that follow."""

    def __init__(self) -> None:
        self.answers: list[Answer | Callable[[Asked], Answer]] = [Answer()]
        self.asked: list[Asked] = []
        script = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, self.path, headers, body)
                script.asked.append(asked)
                said = script.answers.pop(0) if len(script.answers) > 1 else script.answers[0]
                answer = said(asked) if callable(said) else said
                if answer.hang_up:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_POST  # noqa: N815

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def scripted() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    yield server
    server.close()


def prediction(ride_id: str = "r", duration: float = 9.5) -> dict[str, object]:
    return {
        "ride_id": ride_id,
        "duration": duration,
        "model_version": "v1",
        "prediction_time": "2026-11-22T14:30:05.123456Z",
        "known_route": True,
    }


def told(value: object) -> Answer:
    return Answer(body=msgspec.json.encode(value))


def problem(status: int, code: str, **headers: str) -> Answer:
    body = {
        "title": "The title",
        "status": status,
        "detail": "what was found",
        "code": code,
        "request_id": "req-7",
        "errors": [{"field": "trip_distance", "reason": "is missing"}],
    }
    return Answer(status, msgspec.json.encode(body), {"Content-Type": "application/problem+json", **headers})
