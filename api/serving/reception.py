"""Receiving a request's body without a thread that waits for it, within limits of size and time.

granian hands over a request when its headers are there. Its WSGI interface then blocks one of its threads until the
body is; so many slow clients would stall everybody, for good. Here the body's arrival calls back.
"""

import time
from asyncio import CancelledError
from typing import Any, Final, Protocol

from api.body import limit_bytes

IN_ONE_BYTES: Final = 128 << 10  # a body of a known, small size is waited for as one
ALL_BODIES_BYTES: Final = 512 << 20  # what bodies that are still arriving may take together


class Host(Protocol):
    """Who gets the requests."""

    def received(self, arrival: "Arrival", body: bytes) -> None:
        """The body is there."""

    def refused(self, arrival: "Arrival", status: int) -> None:
        """The body will not be there: 400 (it broke off), 408, 413 or 503."""


class Reception:
    """The requests whose bodies are still arriving in one process.

    Used from granian's one Python thread, but for :meth:`expire`.

    Args:
        host: who gets them.
        seconds: how long a client may take for a body.
    """

    def __init__(self, host: Host, seconds: float) -> None:
        self.host = host
        self.seconds = seconds
        self.arriving: set[Arrival] = set()
        self.bytes = 0

    def expire(self) -> None:
        """Give up bodies that took too long; call it about every second, from any thread."""
        now = time.monotonic()
        for arrival in list(self.arriving):
            if arrival.ends < now:
                arrival.give_up()


class Arrival:
    """One request on its way in.

    Args:
        reception: where it arrives.
        scope: granian's description of it.
        protocol: granian's end of it, which takes the answer.
    """

    __slots__ = (
        "_chunks",
        "_late",
        "_length",
        "_limit",
        "_reception",
        "_size",
        "_waiting",
        "ends",
        "headers",
        "path",
        "protocol",
        "scope",
    )

    def __init__(self, reception: Reception, scope: Any, protocol: Any) -> None:
        self._reception = reception
        self.scope = scope
        self.protocol = protocol
        self.headers = scope.headers
        self.path: str = scope.path
        self._late = False
        self._waiting: Any = None

    def begin(self) -> None:
        """Take the body in; the host hears of it, now or later."""
        reception = self._reception
        declared = self.headers.get("content-length")
        if declared is None and "transfer-encoding" not in self.headers:
            reception.host.received(self, b"")
            return
        self._length = int(declared) if declared is not None and declared.isdecimal() else None
        self.ends = time.monotonic() + reception.seconds
        if self._length is not None and self._length <= IN_ONE_BYTES:
            reception.arriving.add(self)
            self._waiting = self.protocol()
            self._waiting.add_done_callback(self._whole)
            return
        self._limit = limit_bytes(self.path)
        if self._length is not None and self._length > self._limit:
            reception.host.refused(self, 413)
            return
        self._chunks: list[bytes] = []
        self._size = 0
        reception.arriving.add(self)
        self.protocol.__aiter__()
        self._next()

    def give_up(self) -> None:
        """Wait no longer."""
        self._late = True
        waiting = self._waiting
        if waiting is not None:
            waiting.cancel()

    def _whole(self, arrived: Any) -> None:
        self._waiting = None  # it holds this method, and so this request: a circle that the collector cannot see
        reception = self._reception
        reception.arriving.discard(self)
        try:
            body = arrived.result()
        except (Exception, CancelledError):  # noqa: BLE001  # granian's own errors, and ours of giving up
            reception.host.refused(self, 408 if self._late else 400)
            return
        reception.host.received(self, body)

    def _next(self) -> None:
        self._waiting = self.protocol.__anext__()
        self._waiting.add_done_callback(self._chunk)

    def _chunk(self, arrived: Any) -> None:
        self._waiting = None
        try:
            chunk = arrived.result()
        except (Exception, CancelledError):  # noqa: BLE001
            self._end(408 if self._late else 400)
            return
        reception = self._reception
        self._chunks.append(chunk)
        self._size += len(chunk)
        reception.bytes += len(chunk)
        if self._size > self._limit:
            self._end(413)
        elif reception.bytes > ALL_BODIES_BYTES:
            self._end(503)
        elif self._late:
            self._end(408)
        elif chunk:
            self._next()
        else:
            self._end(0 if self._length in (None, self._size) else 400)

    def _end(self, status: int) -> None:
        reception = self._reception
        reception.arriving.discard(self)
        reception.bytes -= self._size
        body = b"" if status else b"".join(self._chunks)
        self._chunks = []
        if status:
            reception.host.refused(self, status)
        else:
            reception.host.received(self, body)
