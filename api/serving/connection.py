"""One client's connection: its requests in order, its answers, and what becomes of it when either stops coming.

Reads one request at a time. What arrives while that is answered waits, and beyond a bound is left in the system's
buffers; so no client fills our memory, whatever it sends. All of it runs in the loop's thread, and waits for nothing.
"""

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final, Protocol

from api.body import JSON_LIMIT_BYTES, limit_bytes
from api.serving.answers import CONTINUE
from api.serving.channel import Channel
from api.serving.environ import path_of
from api.serving.request import BODY, WHOLE, Refused
from api.serving.request_reader import RequestReader

if TYPE_CHECKING:
    from api.serving.connections import Connections

log = logging.getLogger(__name__)

ALL_BODIES_BYTES: Final = 512 << 20  # what bodies that are still arriving may take together
_MOST_WAITING_BYTES: Final = 64 << 10  # of later requests, while one is answered
_AT_ONCE: Final = 64  # requests of one connection before others get their turn
_LAST_CHANCE_SECONDS: Final = 0.5
_IDLE, _IN_HEAD, _IN_BODY, _ANSWERING, _DONE = range(5)


class Host(Protocol):
    """Who answers the requests; each is answered by one call of :meth:`Connection.answer`, now or later."""

    def at_once(self, data: bytes) -> tuple[bytes, bytes] | None:
        """Head and content of the answer to what a connection sent, as for :meth:`Connection.answer`.

        None where it is not one whole request of a kind that was answered before, or is not answered at once.
        """

    def received(self, connection: "Connection") -> None:
        """A request is whole: `connection.request`, which stays as it is until the answer."""

    def refused(self, connection: "Connection", status: int) -> None:
        """A request's body will not be there: 400 (it broke off or is malformed), 408, 413 or 503."""

    def unreadable(self, connection: "Connection", status: int, detail: str) -> None:
        """There is no request that could be read: 400, 408 or 431."""


class Connection(Channel):
    """A connection.

    Args:
        connections: those of the process.
        address: the client's, as the socket told it.
    """

    __slots__ = ("_at", "_connections", "_counted", "_data", "_phase", "_refused", "_used", "address", "request")

    def __init__(self, connections: "Connections", address: Any) -> None:
        super().__init__(connections.now)
        self._connections = connections
        self.address = address
        self.request = RequestReader()
        self._phase = _IDLE  # nothing of a request is there; its head is arriving; its body is; it is answered; no more
        self._data = b""
        self._at = 0
        self._refused = False  # whether what arrives is thrown away: the answer to come is the last
        self._used = False  # whether it has had an answer
        self._counted = 0  # bytes of an unfinished body, as the process counts them

    # What the loop tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = transport
        self._connections.opened(self)

    def data_received(self, data: bytes) -> None:
        """Something was sent."""
        if self._phase == _IDLE and self.writable and not self._data:
            connections = self._connections
            answer = None if connections.closing else connections.host.at_once(data)
            if answer is not None:
                self._transport.write(b"%b%b\r\n%b" % (answer[0], connections.date, answer[1]))
                self.since = connections.now
                self._used = True
                return
        if self._refused or self._phase == _DONE:
            return
        self._data = self._data[self._at :] + data if self._data else data
        self._at = 0
        self._go_on()
        if len(self._data) > _MOST_WAITING_BYTES:
            self.hold()

    def eof_received(self) -> bool:
        """The client sends no more; it may still read."""
        self.eof = True
        if self.lingers:
            self.close()
        elif self._phase < _ANSWERING and not self._data:
            self._finish_after_eof()
        return True

    def pause_writing(self) -> None:
        """The client reads too slowly: its next request waits."""
        self.writable = False

    def resume_writing(self) -> None:
        """It has read."""
        self.writable = True
        self._go_on()

    def connection_lost(self, _error: Exception | None) -> None:
        """It is gone; a thread that still answers it answers nobody."""
        self._phase = _DONE
        self._data, self._at = b"", 0
        self._count_body(0)
        self.request.close()
        self.gone()
        self._connections.closed(self)

    # What the host tells.

    def answer(self, head: bytes, content: bytes, *, close: bool = False) -> None:
        """Write the answer to the request that the host was given last.

        Args:
            head: the lines of its head, with the length, without `Date`, `Connection` and the empty line.
            content: what follows.
            close: whether the connection is to be closed behind it.
        """
        if self._phase != _ANSWERING:
            return
        request, connections = self.request, self._connections
        more = self._at < len(self._data)
        keep = request.keep_alive and not close and (more or not connections.closing)
        connection = b""
        if not keep:
            connection = b"Connection: close\r\n"
        elif request.version == b"HTTP/1.0":
            connection = b"Connection: keep-alive\r\n"
        head = b"%b%b%b\r\n" % (head, connections.date, connection)
        self.write(head, b"" if request.method == b"HEAD" else content)
        self.since = connections.now
        if keep:
            self._phase, self._used = _IDLE, True
            request.next()
        else:
            self._end(linger=more or self._refused or close)

    def answer_later(self, head: bytes, content: bytes, close: bool) -> None:
        """The same, from a thread by way of the loop; what waited behind the request is read."""
        self.answer(head, content, close=close)
        self._go_on()

    # What the process tells.

    def look(self, now: float) -> None:
        """See whether anything takes too long; called about twice a second."""
        waited = self.patience(now)
        settings = self._connections.settings
        if self._phase == _IN_BODY and waited > settings.body_seconds:
            self._refuse(408)
        elif self._phase == _IN_HEAD and waited > settings.keep_alive_seconds:
            self._unreadable(408, f"the head did not arrive within {settings.keep_alive_seconds:g} seconds")
        elif self._phase == _IDLE:
            patience = _LAST_CHANCE_SECONDS if self._connections.closing else settings.keep_alive_seconds
            if waited > patience:
                self._end()

    def stop(self) -> None:
        """Close it where nothing is lost by that; one that has not sent a request yet has a moment for it."""
        if self._phase == _IDLE and not self._data:
            if self._used:
                self._end()
            else:
                self.since = self._connections.now

    # Within.

    def _go_on(self) -> None:
        """Read requests, and have them answered, until there are none or one is not answered at once."""
        request, connections = self.request, self._connections
        answered = 0
        try:
            while self._phase < _ANSWERING and self._at < len(self._data) and self.writable:
                self._at = request.read(self._data, self._at)
                if request.stage == WHOLE:
                    self._phase = _ANSWERING
                    self._count_body(0)
                    if self._at == len(self._data):
                        self._data, self._at = b"", 0
                    connections.host.received(self)
                    answered += 1
                    if answered == _AT_ONCE and self._data:
                        connections.loop.call_soon(self._go_on)
                        return
                elif request.stage == BODY:
                    self._look_at_body()
        except Refused as refused:
            if self._phase == _IN_BODY:
                self._refuse(refused.status)
            else:
                self._unreadable(refused.status, refused.detail)
        except Exception:
            log.exception("a connection failed")
            self._phase = _DONE
            self.abort()
        if self._phase < _ANSWERING and self._at == len(self._data):
            self._all_is_read()

    def _all_is_read(self) -> None:
        self._data, self._at = b"", 0
        self.release()
        if self.eof:
            self._finish_after_eof()
        elif self._phase == _IN_BODY:
            self._count_body(self.request.size)
            if self._connections.bodies_bytes > ALL_BODIES_BYTES:
                self._refuse(503)
        elif self._phase == _IDLE and self.request.begun:
            self._phase, self.since = _IN_HEAD, self._connections.now

    def _look_at_body(self) -> None:
        """A head is there and its body is not, or more of the body is."""
        request = self.request
        begins = self._phase != _IN_BODY
        size = request.length if begins and request.length is not None else request.size
        if begins:
            self._phase, self.since = _IN_BODY, self._connections.now
        if size > JSON_LIMIT_BYTES and size > limit_bytes(path_of(request.target)):
            self._refuse(413)
        elif begins and request.expects and self._at == len(self._data):
            self._transport.write(CONTINUE)

    def _count_body(self, size: int) -> None:
        if size != self._counted:
            self._connections.bodies_bytes += size - self._counted
            self._counted = size

    def _finish_after_eof(self) -> None:
        if self._phase == _IN_BODY:
            self._refuse(400)
        elif self.request.begun:
            self._unreadable(400, "the request broke off")
        else:
            self._end()

    def _refuse(self, status: int) -> None:
        self._throw_away()
        self._connections.host.refused(self, status)

    def _unreadable(self, status: int, detail: str) -> None:
        self._throw_away()
        self._connections.host.unreadable(self, status, detail)

    def _throw_away(self) -> None:
        """Read no more requests; one more answer is to come."""
        self._phase, self._refused = _ANSWERING, True
        self._data, self._at = b"", 0
        self._count_body(0)
        self.request.give_up()
        self.release()

    def _end(self, *, linger: bool = False) -> None:
        self._phase = _DONE
        self._data, self._at = b"", 0
        self.close(linger=linger)
