"""From granian's requests to the application: single rides answered where they arrive, all else by Flask in threads.

Single rides cost microseconds, less than handing them to another thread would. Probes have a thread of their own, so
that no load makes them wait and a busy process is not taken for a dead one.
"""

import logging
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from api.authorization import OPEN_ROUTES
from api.door import Door
from api.fast_path import BATCH_ROUTE, ROUTE, FastPath, tried
from api.in_flight import ENTERED_KEY
from api.problem import REFUSED_KEY, Problem
from api.serving.reception import Arrival, Reception
from scoring.errors import ModelError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger(__name__)

THREADS: Final = 8
_SEPARATORS: Final = {"cookie": ";"}
_PLAIN_TEXT: Final = [("content-type", "text/plain")]


class Gateway:
    """Takes granian's requests of one process.

    Args:
        application: the WSGI application that owns every route.
        door: its door.
        fast: the fast path, or None where it is off.
        port: which is told to the application.
    """

    def __init__(self, application: "WSGIApplication", door: Door, fast: FastPath | None, port: int) -> None:
        self._application = application
        self._door = door
        self._fast = fast
        self._port = str(port)
        self.reception = Reception(self, door.settings.body_seconds)
        self._threads = ThreadPoolExecutor(THREADS, "flask")
        self._probes = ThreadPoolExecutor(1, "probes")

    def take(self, watcher: Any) -> None:
        """Take one request; granian calls this in its Python thread, and nothing may be raised to it."""
        protocol = watcher.proto
        try:
            Arrival(self.reception, watcher.scope, protocol).begin()
        except BaseException:
            log.exception("a request could not be taken")
            protocol.response_bytes(500, _PLAIN_TEXT, b"internal server error\n")

    def close(self) -> None:
        """Finish what threads are at."""
        self._threads.shutdown()
        self._probes.shutdown()

    def received(self, arrival: Arrival, body: bytes) -> None:
        """The body is there."""
        if arrival.path == ROUTE and arrival.scope.method == "POST" and self._fast_answer(arrival, body):
            return
        self._by_flask(arrival, body)

    def refused(self, arrival: Arrival, status: int) -> None:
        """The body will not be there."""
        self._by_flask(arrival, b"", status)

    def _by_flask(self, arrival: Arrival, body: bytes, refused: int = 0) -> None:
        """Let a thread answer; what waits for one counts as in flight, and over the limit is refused by a free one."""
        if refused or arrival.path in OPEN_ROUTES:
            self._probes.submit(self._answer, arrival, body, refused)
            return
        try:
            self._door.in_flight.enter()
        except Problem as problem:
            self._probes.submit(self._answer, arrival, b"", problem.status)
            return
        self._threads.submit(self._answer_and_leave, arrival, body)

    def _answer_and_leave(self, arrival: Arrival, body: bytes) -> None:
        try:
            self._answer(arrival, body, 0)
        finally:
            self._door.in_flight.leave()

    def _fast_answer(self, arrival: Arrival, body: bytes) -> bool:
        """Answer a single ride here and now; False where that is for Flask."""
        if self._fast is None or not self._cheap():
            return False
        answered = tried(self._fast.answer, *_asked(arrival), body)
        if answered is None:
            return False
        arrival.protocol.response_bytes(*answered)
        return True

    def _fast_batch(self, arrival: Arrival, body: bytes) -> bool:
        """Answer a batch in this thread, without Flask; False where that is for Flask."""
        if self._fast is None or arrival.path != BATCH_ROUTE or arrival.scope.method != "POST":
            return False
        answered = tried(self._fast.answer_batch, *_asked(arrival), body)
        if answered is None:
            return False
        arrival.protocol.response_bytes(*answered)
        return True

    def _cheap(self) -> bool:
        """Whether the model scores a ride in microseconds; a slow one must not hold up granian's thread."""
        try:
            return self._door.scorers.current().model.kind == "linear"
        except ModelError:  # none: told without scoring
            return True

    def _answer(self, arrival: Arrival, body: bytes, refused: int) -> None:
        protocol = arrival.protocol
        try:
            if not refused and self._fast_batch(arrival, body):
                return
            environ = self._environ(arrival, body)
            environ[ENTERED_KEY] = True
            if refused:  # a number, not an exception: its traceback would hold the connection until the next collection
                environ[REFUSED_KEY] = refused
            told: list[Any] = []

            def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Callable[..., Any]:
                told[:] = int(status[:3]), headers
                return told.append  # the write callable of old; nothing here uses it

            content = self._application(environ, start_response)
            try:
                answer = b"".join(content)
            finally:
                if hasattr(content, "close"):
                    content.close()
            protocol.response_bytes(told[0], told[1], answer)
        except BaseException:
            log.exception("a request could not be answered")
            protocol.response_bytes(500, _PLAIN_TEXT, b"internal server error\n")

    def _environ(self, arrival: Arrival, body: bytes) -> dict[str, Any]:
        scope, headers = arrival.scope, arrival.headers
        host, _colon, client_port = scope.client.rpartition(":")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": scope.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": arrival.path.encode().decode("latin-1"),
            "QUERY_STRING": scope.query_string,
            "SERVER_NAME": self._door.settings.host,
            "SERVER_PORT": self._port,
            "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
            "REMOTE_ADDR": host.strip("[]"),
            "REMOTE_PORT": client_port,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": scope.scheme,
            "wsgi.input": BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            "wsgi.input_terminated": True,
        }
        for name in headers.keys():  # noqa: SIM118  # granian's headers are no mapping
            if "_" in name:
                continue  # `x_request_id` would pass for `x-request-id`
            value = _SEPARATORS.get(name, ",").join(headers.get_all(name))
            key = name.upper().replace("-", "_")
            environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
        environ.pop("HTTP_TRANSFER_ENCODING", None)  # the body is whole by now
        environ["CONTENT_LENGTH"] = str(len(body))
        return environ


def _asked(arrival: Arrival) -> tuple[str | None, str | None, str | None]:
    """The headers that a fast path looks at; two types are none that it knows."""
    headers = arrival.headers
    types = headers.get_all("content-type")
    return types[0] if len(types) == 1 else None, headers.get("authorization"), headers.get("x-request-id")
