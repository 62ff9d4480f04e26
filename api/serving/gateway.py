"""From a connection's requests to the application: single rides answered where they arrive, all else in threads.

Single rides cost microseconds, less than handing them to another thread would; small batches hardly more. Probes have a
thread of their own, so that no load makes them wait and a busy process is not taken for a dead one.
"""

import asyncio
import logging
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from api.authorization import OPEN_ROUTES
from api.body import ARROW_TYPE, JSON_TYPE
from api.door import Door
from api.fast_path import BATCH_ROUTE, PROBLEM_HEADERS, ROUTE, SCORED_HEADERS, Answer, FastPath, Headers, tried
from api.in_flight import ENTERED_KEY
from api.problem import REFUSED_KEY, Problem, unreadable
from api.serving.answers import head_of, opening
from api.serving.connection import Connection
from api.serving.environ import environ_of, path_of
from api.serving.request import Request
from api.serving.threads import Threads, WayBack
from scoring.errors import ModelError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger(__name__)

THREADS: Final = 8
_KNOWN_HEADS: Final = 512
_KNOWN_HEAD_BYTES: Final = 1_024
_TARGET: Final = ROUTE.encode()
_BATCH_TARGET: Final = BATCH_ROUTE.encode()
_JSON: Final = JSON_TYPE.encode()
_ARROW: Final = ARROW_TYPE.encode()
_TYPES: Final = {_JSON: JSON_TYPE, _ARROW: ARROW_TYPE}  # that a fast path knows
_BRIEF_BYTES: Final = {_JSON: 12 << 10, _ARROW: 32 << 10}  # some 200 and 1,300 rides
_SCORED: Final = opening(200, SCORED_HEADERS)
_FAILED: Final = b"internal server error\n"
_FAILED_HEADERS: Final = (("Content-Type", "text/plain"), ("Content-Length", str(len(_FAILED))))


class Gateway:
    """Takes the requests of one process.

    Args:
        application: the WSGI application that owns every route.
        door: its door.
        fast: the fast path, or None where it is off.
        port: which is told to the application.
        loop: of the connections.
    """

    def __init__(
        self,
        application: "WSGIApplication",
        door: Door,
        fast: FastPath | None,
        port: int,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._application = application
        self._door = door
        self._fast = fast
        self._server = door.settings.host, str(port)
        self._known: dict[bytes, tuple[int, str | None, str | None, str | None]] = {}
        self._way_back = WayBack(loop)
        self._threads = Threads(THREADS, "flask")
        self._batches = Threads(1, "batches")
        self._probes = Threads(1, "probes")

    def close(self) -> None:
        """Finish what threads are at."""
        self._threads.close()
        self._batches.close()
        self._probes.close()

    def at_once(self, data: bytes) -> tuple[bytes, bytes] | None:
        """Answer a single ride with a head that was read before; None where that is not all there is."""
        return tried(self._by_known_head, data)

    def _by_known_head(self, data: bytes) -> tuple[bytes, bytes] | None:
        end = data.find(b"\r\n\r\n") + 4
        known = self._known.get(data[:end])
        if known is None or len(data) - end != known[0] or self._fast is None:
            return None
        answered = self._fast.answer(*known[1:], data[end:]) if self._cheap() else None
        return None if answered is None else _told(*answered)

    def received(self, connection: Connection) -> None:
        """A request is whole."""
        request = connection.request
        try:
            if request.target != _TARGET:
                self._by_thread(connection, path_of(request.target))
            elif self._fast is None or request.method != b"POST" or not self._cheap():
                self._by_thread(connection, ROUTE)
            elif (answered := tried(self._fast.answer, *_asked(request), request.body)) is not None:
                self._know(request)
                connection.answer(*_told(*answered))
            else:
                self._by_thread(connection, ROUTE)
        except Exception:
            log.exception("a request could not be taken")
            connection.answer(opening(500, _FAILED_HEADERS), _FAILED, close=True)

    def refused(self, connection: Connection, status: int) -> None:
        """The body will not be there."""
        self._probes.submit(self._answer, connection, path_of(connection.request.target), status)

    def unreadable(self, connection: Connection, status: int, detail: str) -> None:
        """There is no request, and so no route: answered here."""
        name = self._door.name_request(None)
        content = unreadable(status, detail).body(name)
        self._door.recorder.request("other", "other", status, 0.0, name)
        head, _content = _told(status, PROBLEM_HEADERS, name, content)
        connection.answer(head, content, close=True)

    def _know(self, request: Request) -> None:
        """Keep what the head of a single ride says: most clients send the same one with the next."""
        if request.is_plain and request.length is not None and len(request.head) <= _KNOWN_HEAD_BYTES:
            if len(self._known) >= _KNOWN_HEADS:
                self._known.clear()
            self._known[request.head] = (request.length, *_asked(request))

    def _by_thread(self, connection: Connection, path: str) -> None:
        """Let a thread answer; what waits for one counts as in flight, and over the limit is refused by a free one."""
        if path in OPEN_ROUTES:
            self._probes.submit(self._answer, connection, path, 0)
            return
        try:
            self._door.in_flight.enter()
        except Problem as problem:
            self._probes.submit(self._answer, connection, path, problem.status)
            return
        batch = path == BATCH_ROUTE and self._cheap()
        if batch and _is_brief(connection.request):
            answered = self._fast_batch(connection.request)
            if answered is not None:
                self._door.in_flight.leave()
                connection.answer(*_told(*answered))
                return
        threads = self._batches if batch else self._threads
        threads.submit(self._answer_and_leave, connection, path)

    def _answer_and_leave(self, connection: Connection, path: str) -> None:
        try:
            self._answer(connection, path, 0)
        finally:
            self._door.in_flight.leave()

    def _fast_batch(self, request: Request) -> Answer | None:
        """Answer a batch in this thread, without Flask; None where that is for Flask."""
        if self._fast is None or request.target != _BATCH_TARGET or request.method != b"POST":
            return None
        return tried(self._fast.answer_batch, *_asked(request), request.body)

    def _cheap(self) -> bool:
        """Whether the model scores a ride in microseconds; a slow one must not hold up the loop."""
        try:
            return self._door.scorers.current().model.kind == "linear"
        except ModelError:  # none: told without scoring
            return True

    def _answer(self, connection: Connection, path: str, refused: int) -> None:
        """Answer in this thread."""
        try:
            answered = None if refused else self._fast_batch(connection.request)
            if answered is not None:
                head, content = _told(*answered)
                close = False
            else:
                head, content, close = self._by_application(connection, path, refused)
        except BaseException:
            log.exception("a request could not be answered")
            head, content, close = opening(500, _FAILED_HEADERS), _FAILED, True
        self._way_back.call(connection.answer_later, head, content, close)

    def _by_application(self, connection: Connection, path: str, refused: int) -> tuple[bytes, bytes, bool]:
        request = connection.request
        environ = environ_of(request, path, connection.address, self._server)
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
        head, close = head_of(told[0], told[1], len(answer), head_alone=request.method == b"HEAD")
        return head, answer, close


def _told(status: int, headers: Headers, name: str, content: bytes) -> tuple[bytes, bytes]:
    """Head and content of an answer of a fast path."""
    first = _SCORED if headers is SCORED_HEADERS else opening(status, headers)
    return b"%sX-Request-ID: %s\r\nContent-Length: %d\r\n" % (first, name.encode(), len(content)), content


def _is_brief(request: Request) -> bool:
    """Whether a batch takes no longer than a thread would keep the loop from Python's lock, half a millisecond."""
    most_bytes = _BRIEF_BYTES.get(request.content_type or b"", 0)
    if len(request.body) > most_bytes:
        return False
    return request.content_type != _ARROW or hasattr(sys.modules.get("api.batch_arrow"), "answer_arrow")


def _asked(request: Request) -> tuple[str | None, str | None, str | None]:
    """The headers that a fast path looks at; where one came twice, the type is none that it knows."""
    kind, token, name = request.content_type, request.authorization, request.request_id
    if kind is None or request.repeated:
        return None, None, None
    return (
        _TYPES.get(kind),
        None if token is None else token.decode("latin-1").strip(" \t"),
        None if name is None else name.decode("latin-1").strip(" \t"),
    )
