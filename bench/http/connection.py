"""One HTTP/1.1 connection without a library: fast enough to send tens of thousands of requests a second on a core.

Sends bytes made beforehand, one request at a time, and tells when an answer is whole. Knows answers with a
Content-Length only.
"""

import socket
from typing import Final

_READ_BYTES: Final = 1 << 18
_CONNECT_SECONDS: Final = 5.0


class ConnectionBroken(Exception):
    """The connection failed; the message says how, in words fit to be counted."""


class Connection:
    """A connection to a server on this machine.

    Attributes:
        number: of the request in flight, as the caller counts; None while there is none.
        due: when that request was to be sent, by the caller's clock.
        answered: answers read on this connection so far.
    """

    def __init__(self, port: int) -> None:
        """Connect.

        Raises:
            ConnectionBroken: nobody listens.
        """
        self.number: int | None = None
        self.due = 0.0
        self.answered = 0
        self._read = bytearray()
        self._needed = 0
        try:
            self._socket = socket.create_connection(("127.0.0.1", port), _CONNECT_SECONDS)
        except OSError as error:
            raise ConnectionBroken(f"no connection: {error.strerror or error}") from None
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def fileno(self) -> int:
        """For select and epoll."""
        return self._socket.fileno()

    def send(self, request: bytes, number: int, due: float) -> None:
        """Send one request whole.

        Raises:
            ConnectionBroken: the other side has gone.
        """
        self.number, self.due = number, due
        try:
            self._socket.sendall(request)
        except OSError as error:
            raise ConnectionBroken(f"while sending: {error.strerror or error}") from None

    def receive(self) -> tuple[int, bytes] | None:
        """Read once; status and body where the answer is whole now.

        Raises:
            ConnectionBroken: the other side has gone, or sent what is no such answer.
        """
        try:
            read = self._socket.recv(_READ_BYTES)
        except OSError as error:
            raise ConnectionBroken(f"{self._state()}: {error.strerror or error}") from None
        if not read:
            raise ConnectionBroken(f"{self._state()}: closed by the server")
        self._read += read
        if not self._needed:
            end = self._read.find(b"\r\n\r\n")
            if end < 0:
                return None
            head = bytes(self._read[:end]).lower()
            at = head.find(b"\r\ncontent-length:")
            if at < 0:
                raise ConnectionBroken("an answer without Content-Length")
            self._needed = end + 4 + int(head[at + 17 :].split(b"\r\n", 1)[0])
        if len(self._read) < self._needed:
            return None
        answer = bytes(self._read)
        self._read.clear()
        self._needed = 0
        self.answered += 1
        return int(answer[9:12]), answer[answer.find(b"\r\n\r\n") + 4 :]

    def _state(self) -> str:
        if self.number is None:
            return "while idle"
        return "in the middle of an answer" if self._read else "before an answer"

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def request_bytes(path: str, body: bytes, content_type: str = "application/json") -> bytes:
    """A POST request as it goes over the wire."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {content_type}\r\nAccept: {content_type}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
