"""Free ports on this machine for what we start.

Taken from below the range that the kernel hands to outgoing connections: a broker that is down for a moment would
otherwise find a client, even its own reconnecting one, on its port.
"""

import secrets
import socket

__all__ = ["LOCALHOST", "free_port"]

LOCALHOST = "127.0.0.1"
_FIRST, _LAST = 20_000, 29_999
_TRIES = 200


def free_port(other_than: int = 0) -> int:
    """A port of 127.0.0.1 that nothing listens on now, and not the one given; raises OSError where none is found."""
    for _ in range(_TRIES):
        port = _FIRST + secrets.randbelow(_LAST - _FIRST + 1)
        if port == other_than:
            continue
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind((LOCALHOST, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port found between {_FIRST} and {_LAST} in {_TRIES} tries; stop what listens there")
