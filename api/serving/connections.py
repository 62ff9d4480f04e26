"""The connections of one process: accepted one at a time, counted, looked at twice a second, and let go at the end.

One for each readiness of the socket that all processes share, so that a busy one leaves the next to others. No timer
for each request: one look at all connections costs less.
"""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable
from typing import Any, Final

from api.serving.answers import date_line
from api.serving.connection import Connection, Host
from scoring.settings.api_settings import ApiSettings

log = logging.getLogger(__name__)

_LOOK_SECONDS: Final = 0.5
_LAST_REQUESTS_SECONDS: Final = 0.05
_WITHOUT_ROOM: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Connections:
    """The connections.

    Args:
        loop: their event loop, which :meth:`stop` ends.
        listener: the socket that all processes share.
        host: who answers.
        settings: the most connections, and limits of time.

    Attributes:
        now: the loop's time at the last look.
        date: the header `Date`, likewise.
        bodies_bytes: what bodies that are still arriving take.
        closing: whether no connection is to be kept.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, listener: socket.socket, host: Host, settings: ApiSettings
    ) -> None:
        self.loop = loop
        self.host = host
        self.settings = settings
        self.bodies_bytes = 0
        self.closing = False
        self.now = loop.time()
        self.date = date_line()
        self._listener = listener
        self._open: set[Connection] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self._accepting = False

    def start(self) -> None:
        """Accept connections."""
        self.loop.call_later(_LOOK_SECONDS, self._look)
        self._accept_again()

    def stop(self) -> None:
        """Accept no more, answer what there is, and then end the loop."""
        while self._has_room() and self._accept():
            pass  # what waits in the queue was told that it is connected
        self._accept_no_more()
        self.closing = True
        self.loop.call_later(_LAST_REQUESTS_SECONDS, self._let_go)  # what has arrived by now is read before that

    def opened(self, connection: Connection) -> None:
        """A connection is open."""
        self._open.add(connection)

    def closed(self, connection: Connection) -> None:
        """A connection is closed: there is room again."""
        self._open.discard(connection)
        if self.closing:
            self._end_if_done()
        elif not self._accepting:
            self._accept_again()

    def _has_room(self) -> bool:
        return len(self._open) + len(self._opening) < self.settings.max_connections

    def _accept_again(self) -> None:
        if not self.closing and not self._accepting and self._has_room():
            self._accepting = True
            self.loop.add_reader(self._listener.fileno(), self._accept)

    def _accept_no_more(self) -> None:
        if self._accepting:
            self._accepting = False
            self.loop.remove_reader(self._listener.fileno())

    def _accept(self) -> bool:
        try:
            accepted, address = self._listener.accept()
        except OSError as error:
            if error.errno in _WITHOUT_ROOM:  # the socket stays readable: not to spin, wait for the next look
                self._accept_no_more()
                log.warning("a connection could not be accepted", extra={"reason": error.strerror})
            return False  # else another process took it, or the client has gone
        accepted.setblocking(False)
        task = self.loop.create_task(self._take(accepted, address))
        self._opening.add(task)
        task.add_done_callback(self._taken)
        if not self._has_room():
            self._accept_no_more()
        return True

    async def _take(self, accepted: socket.socket, address: Any) -> None:
        try:
            await self.loop.connect_accepted_socket(lambda: Connection(self, address), accepted)
        except OSError:  # the client has gone
            accepted.close()

    def _taken(self, task: asyncio.Task[None]) -> None:
        self._opening.discard(task)
        self._accept_again()

    def _look(self) -> None:
        self.loop.call_later(_LOOK_SECONDS, self._look)
        self.now = self.loop.time()
        self.date = date_line()
        for connection in list(self._open):
            try:
                connection.look(self.now)
            except Exception:
                log.exception("a connection failed")
        self._accept_again()
        if self.closing:
            self._end_if_done()

    def _let_go(self) -> None:
        for connection in list(self._open):
            connection.stop()
        self._end_if_done()

    def _end_if_done(self) -> None:
        if not self._opening and all(each.waits_for_nothing for each in self._open):
            self.loop.stop()


def quiet_about_clients(loop: asyncio.AbstractEventLoop) -> Callable[..., None]:
    """A handler of what goes wrong in a loop, for which a client that hangs up is no error."""

    def handle(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, OSError):
            log.debug("a connection failed", exc_info=error)
        else:
            log.error("the event loop failed", exc_info=error, extra={"reason": context.get("message")})

    loop.set_exception_handler(handle)
    return handle
