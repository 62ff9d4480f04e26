"""Does the listener speak what the settings say? Asked once before a client is built, over a socket of our own.

The clients themselves do not tell: to both a wrong password, an unknown authority or a plain port is a broker that does
not answer, and they try again until some other timeout. What is not understood here is left to them.
"""

import contextlib
import socket
import struct
from collections.abc import Iterator
from typing import Any, Final

from scoring.errors import BrokerError
from scoring.settings.kafka_settings import KafkaSettings
from worker.clients.reachable import refuse_silent, split_address
from worker.clients.tls import client_refused, handshake, tls_context

_CONNECT_SECONDS: Final = 5.0
_ANSWER_SECONDS: Final = 5.0
_HANDSHAKE, _AUTHENTICATE = 17, 36
_UNSUPPORTED_MECHANISM, _NO_LOGIN_HERE, _AUTHENTICATION_FAILED = 33, 34, 58
_TLS_ALERT: Final = b"\x15\x03"
_LARGEST_ANSWER_BYTES: Final = 1 << 20


class Listener:
    """What the settings say of the brokers' listener, compared with what it says itself.

    Args:
        kafka: how to reach it.
    """

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._servers = [server.strip() for server in kafka.bootstrap_servers.split(",")]
        self._fits = False

    def refuse_unfit(self) -> None:
        """Return where a client may be built; the conversation is had once, later calls only connect.

        Raises:
            SettingsError: a file of certificates or keys is not in order.
            BrokerUnavailable: no broker takes a connection.
            BrokerError: the listener speaks otherwise, or refuses the login.
        """
        context = tls_context(self._kafka) if self._tls and not self._fits else None
        server = refuse_silent(self._servers)
        if self._fits:
            return
        host, port = split_address(server)
        # What answers slowly, or in a way not known here, is for the client to judge.
        with contextlib.suppress(TimeoutError, struct.error), contextlib.ExitStack() as stack:
            connection = stack.enter_context(socket.create_connection((host, port), _CONNECT_SECONDS))
            connection.settimeout(_ANSWER_SECONDS)
            if context is not None:
                connection = stack.enter_context(handshake(connection, server, host, context))
            self._converse(connection, server)
        self._fits = True

    @property
    def _tls(self) -> bool:
        return self._kafka.security_protocol in {"SSL", "SASL_SSL"}

    @property
    def _login(self) -> bool:
        return self._kafka.security_protocol.startswith("SASL")

    def _converse(self, connection: socket.socket, server: str) -> None:
        mechanism = self._kafka.sasl_mechanism or "PLAIN"
        try:
            answer = _asked(connection, _HANDSHAKE, _text(mechanism))
        except TimeoutError:
            raise
        except OSError as error:
            raise self._hung_up(server, error) from error
        (code,) = struct.unpack_from(">h", answer)
        offered = ", ".join(_texts(answer[2:]))
        if self._login and code == _NO_LOGIN_HERE:
            plain = "SSL" if self._tls else "PLAINTEXT"
            raise BrokerError(f"the listener at {server} takes no login; set KAFKA_SECURITY_PROTOCOL={plain}")
        if self._login and code == _UNSUPPORTED_MECHANISM:
            raise BrokerError(
                f"the broker at {server} does not take KAFKA_SASL_MECHANISM={mechanism}; it takes {offered}"
            )
        if not self._login and code in {0, _UNSUPPORTED_MECHANISM}:
            wanted = "SASL_SSL" if self._tls else "SASL_PLAINTEXT"
            raise BrokerError(
                f"the listener at {server} asks for a login; set KAFKA_SECURITY_PROTOCOL={wanted}, "
                f"KAFKA_SASL_MECHANISM ({offered}), KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD"
            )
        if self._login and code == 0:
            self._log_in(connection, server)

    def _log_in(self, connection: socket.socket, server: str) -> None:
        mechanism = _sasl(self._kafka)
        with contextlib.suppress(ConnectionError, ValueError):
            while not mechanism.is_done():
                token = mechanism.auth_bytes()
                answer = _asked(connection, _AUTHENTICATE, struct.pack(">i", len(token)) + token)
                (code,) = struct.unpack_from(">h", answer)
                if code == _AUTHENTICATION_FAILED:
                    told = next(_texts(b"\0\0\0\1" + answer[2:]), "no reason given")
                    raise BrokerError(
                        f"the broker at {server} refuses the login of KAFKA_SASL_USERNAME="
                        f"{self._kafka.sasl_username} ({told}); set the right KAFKA_SASL_PASSWORD, and the "
                        "KAFKA_SASL_MECHANISM that the user was made for"
                    )
                (length,) = struct.unpack_from(">h", answer, 2)
                start = 4 + max(0, length)
                (size,) = struct.unpack_from(">i", answer, start)
                mechanism.receive(answer[start + 4 : start + 4 + max(0, size)])

    def _hung_up(self, server: str, error: OSError) -> BrokerError:
        if self._tls:
            return client_refused(server, self._kafka, error)
        wanted = "SASL_SSL" if self._login else "SSL"
        perhaps = "; a forwarded port also hangs up while its broker starts: then try again"
        return BrokerError(
            f"the listener at {server} does not speak plain Kafka ({error}); if it speaks TLS, set "
            f"KAFKA_SECURITY_PROTOCOL={wanted} and KAFKA_SSL_CAFILE, else mend KAFKA_BOOTSTRAP_SERVERS"
            f"{perhaps if isinstance(error, _HungUp) else ''}"
        )


class _HungUp(ConnectionError):
    """It took the connection and ended it without an answer."""


def _sasl(kafka: KafkaSettings) -> Any:
    """The mechanism as kafka-python speaks it; it is a dependency whichever client is chosen."""
    from kafka.net.sasl import get_sasl_mechanism

    password = kafka.sasl_password.get_secret_value() if kafka.sasl_password is not None else ""
    return get_sasl_mechanism(kafka.sasl_mechanism)(
        sasl_mechanism=kafka.sasl_mechanism, sasl_plain_username=kafka.sasl_username, sasl_plain_password=password
    )


def _asked(connection: socket.socket, key: int, body: bytes) -> bytes:
    """The answer to one request of version 1, without its header; OSError where none comes or it is not Kafka's."""
    request = struct.pack(">hhih", key, 1, key, -1) + body
    connection.sendall(struct.pack(">i", len(request)) + request)
    head = _read(connection, 4)
    (size,) = struct.unpack(">i", head)
    if head.startswith(_TLS_ALERT) or not 6 <= size <= _LARGEST_ANSWER_BYTES:
        raise ConnectionError("its answer is TLS's" if head.startswith(_TLS_ALERT) else "its answer is not Kafka's")
    return _read(connection, size)[4:]


def _read(connection: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        part = connection.recv(size - len(received))
        if not part:
            raise _HungUp("it hung up")
        received += part
    return bytes(received)


def _text(text: str) -> bytes:
    return struct.pack(">h", len(text)) + text.encode()


def _texts(answer: bytes) -> Iterator[str]:
    """The strings of an array."""
    (count,) = struct.unpack_from(">i", answer)
    place = 4
    for _ in range(count):
        (length,) = struct.unpack_from(">h", answer, place)
        yield answer[place + 2 : place + 2 + max(0, length)].decode(errors="replace")
        place += 2 + max(0, length)
