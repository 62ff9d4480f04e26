"""The listening socket: opened once, before any process, and shared by all of them.

Shared, since a connection that waits in it when a process dies is taken by another. A socket for each process has a
queue for each: what waits in one is lost with it, and a port that somebody else has is shared in silence.
"""

import socket
from contextlib import suppress
from typing import Final

from scoring.errors import SettingsError

BACKLOG: Final = 2_048
_UNREAD_ANSWER_MS: Final = 30_000


def listen(host: str, port: int) -> socket.socket:
    """Listen on a host and port.

    Args:
        host: an address, or a name of this machine.
        port: 0 takes any free one.

    Raises:
        SettingsError: the port is taken or not allowed, or the host is no address of this machine.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise SettingsError(
            f"HOST {host} cannot be resolved: {error.strerror}; use an address of this machine, such as 127.0.0.1, "
            "or 0.0.0.0 for all"
        ) from None
    family, _kind, _protocol, _name, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(
            AttributeError, OSError
        ):  # Linux: connections inherit it; one whose peer reads nothing is dropped
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_ANSWER_MS)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"cannot listen on HOST {host}, PORT {port}: {error.strerror}; choose another, or PORT 0 for any free one"
        ) from None
    listener.setblocking(False)
    return listener
