"""One kept-alive connection that asks for durations: as little of a client as HTTP allows, so that it can load."""

import json
import socket
from dataclasses import dataclass
from typing import Any, Final

import msgspec

HOST: Final = "127.0.0.1"
_WAIT_SECONDS: Final = 30.0


class Duration(msgspec.Struct):
    """What is read of a prediction."""

    duration: float
    model_version: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its status, the server process that gave it, and what it says."""

    status: int
    process: str
    body: bytes


def request_bytes(path: str, body: Any = None, method: str = "POST", token: str = "") -> bytes:
    """A request, to be sent any number of times."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", f"Content-Length: {len(content)}"]
    lines += ["Content-Type: application/json"] if body is not None else []
    lines += [f"Authorization: Bearer {token}"] if token else []
    return "\r\n".join([*lines, "", ""]).encode() + content


class Connection:
    """A connection; closed by whoever opened it."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection((HOST, port), _WAIT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> Answer:
        """Send a request and read its answer; OSError where the connection fails."""
        self._socket.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _, body = received.partition(b"\r\n\r\n")
        status_line, *lines = head.split(b"\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
        length = int(headers[b"content-length"])
        while len(body) < length:
            body += self._more()
        process = headers.get(b"x-request-id", b"").rpartition(b"-")[0].decode()
        return Answer(int(status_line.split()[1]), process, body)

    def _more(self) -> bytes:
        part = self._socket.recv(65_536)
        if not part:
            raise ConnectionError("the server closed the connection")
        return part

    def close(self) -> None:
        """Let go of it."""
        self._socket.close()
