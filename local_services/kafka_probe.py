"""Does a Kafka answer? One request and its answer over a plain socket: no client, no threads, always bounded.

Not a client: whatever needs more than a yes or no uses a real one.
"""

import socket
import struct
from urllib.parse import urlsplit

__all__ = ["broker_answers", "broker_is_ready", "port_opens"]

_METADATA, _API_VERSIONS = 3, 18
_CORRELATION = 7
_LARGEST_ANSWER_BYTES = 1_000_000
_DEFAULT_PORT = 9092


def port_opens(server: str, seconds: float) -> None:
    """Connect and close; for a TLS listener, which a plain request cannot ask. Raises OSError where it fails."""
    with socket.create_connection(_host_and_port(server), seconds):
        pass


def broker_answers(server: str, seconds: float) -> None:
    """Ask ``host:port`` for its API versions, which brokers give before any login; raises OSError where none come."""
    _exchange(server, _API_VERSIONS, 0, b"", seconds)


def broker_is_ready(server: str, seconds: float) -> bool:
    """Whether a broker can take topics now: it lists itself in its metadata, which it does once it is unfenced."""
    try:
        answer = _exchange(server, _METADATA, 1, struct.pack(">i", 0), seconds)
    except OSError:
        return False
    return len(answer) >= 4 and struct.unpack_from(">i", answer)[0] > 0


def _exchange(server: str, key: int, version: int, body: bytes, seconds: float) -> bytes:
    request = struct.pack(">hhih", key, version, _CORRELATION, -1) + body
    with socket.create_connection(_host_and_port(server), seconds) as connection:
        connection.settimeout(seconds)
        connection.sendall(struct.pack(">i", len(request)) + request)
        (size,) = struct.unpack(">i", _read(connection, 4))
        if not 4 <= size <= _LARGEST_ANSWER_BYTES:
            raise OSError("what answers there is not a plain Kafka listener")
        answer = _read(connection, size)
    if struct.unpack_from(">i", answer)[0] != _CORRELATION:
        raise OSError("what answers there is not a plain Kafka listener")
    return answer[4:]


def _read(connection: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        part = connection.recv(size - len(received))
        if not part:
            raise ConnectionResetError("the connection was closed without an answer")
        received += part
    return bytes(received)


def _host_and_port(server: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"kafka://{server.strip()}")
        host, port = parts.hostname, parts.port or _DEFAULT_PORT
    except ValueError:
        host = None
    if not host:
        raise OSError(f"{server!r} is not host:port")
    return host, port
