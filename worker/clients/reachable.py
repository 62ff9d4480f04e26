"""Is there anybody at these addresses? Asked before a client is built.

A kafka-python client whose first connection fails leaves its sockets to the garbage collector, which a worker that
tries again for hours would gather; librdkafka never gives up by itself, and says nothing to its caller.
"""

import socket
from collections.abc import Iterable

from scoring.errors import BrokerUnavailable

_CONNECT_SECONDS = 5.0
_DEFAULT_PORT = 9092


def refuse_silent(servers: Iterable[str]) -> str:
    """The first address that takes a connection.

    Args:
        servers: as ``host:port``; IPv6 hosts in brackets.

    Raises:
        BrokerUnavailable: none does; says what each answered.
    """
    answers = []
    for server in servers:
        try:
            with socket.create_connection(split_address(server), timeout=_CONNECT_SECONDS):
                return server
        except (OSError, ValueError) as error:
            answers.append(f"{server}: {getattr(error, 'strerror', None) or error}")
    raise BrokerUnavailable(
        f"no Kafka broker answered at {', '.join(servers)} ({'; '.join(answers)}); "
        "start one, or set KAFKA_BOOTSTRAP_SERVERS"
    )


def split_address(server: str) -> tuple[str, int]:
    """Host and port; Kafka's usual one where none is named."""
    host, colon, port = server.strip().rpartition(":")
    if not colon or (host.count(":") != 0 and not host.endswith("]")):
        return server.strip().strip("[]"), _DEFAULT_PORT
    return host.strip("[]"), int(port)
