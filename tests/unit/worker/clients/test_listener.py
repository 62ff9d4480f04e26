"""The conversation with a listener before a client is built; real brokers have it in tests/integration."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from scoring.errors import BrokerError, BrokerUnavailable
from scoring.settings.kafka_settings import KafkaSettings
from worker.clients import listener
from worker.clients.listener import Listener

Serve = Callable[[bytes], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A listener that reads something, answers with these bytes and hangs up; its address."""
    with ExitStack() as stack:

        def start(answer: bytes) -> str:
            server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            threading.Thread(target=_answer, args=(server, answer), daemon=True).start()
            return f"127.0.0.1:{server.getsockname()[1]}"

        yield start


def _answer(server: socket.socket, answer: bytes) -> None:
    while True:
        try:
            connection, _address = server.accept()
        except OSError:
            return
        with closing(connection):
            connection.recv(1_000)
            connection.sendall(answer)


def _told(code: int, *mechanisms: str) -> bytes:
    body = struct.pack(">ihi", 17, code, len(mechanisms))
    body += b"".join(struct.pack(">h", len(each)) + each.encode() for each in mechanisms)
    return struct.pack(">i", len(body)) + body


def test_a_listener_that_takes_no_login_fits_plain_settings(serve: Serve) -> None:
    Listener(KafkaSettings(bootstrap_servers=serve(_told(34)))).refuse_unfit()


def test_it_is_asked_once_and_only_reached_afterwards(monkeypatch: pytest.MonkeyPatch, serve: Serve) -> None:
    asked = []
    real = listener._asked
    monkeypatch.setattr(listener, "_asked", lambda *arguments: asked.append(1) or real(*arguments))
    found = Listener(KafkaSettings(bootstrap_servers=serve(_told(34))))
    found.refuse_unfit()
    found.refuse_unfit()
    assert len(asked) == 1


@pytest.mark.parametrize("answer", [b"\x15\x03\x03\x00\x02\x02\x50", b"HTTP/1.1 400 Bad Request\r\n", b""], ids=repr)
def test_a_listener_that_speaks_something_else_is_told(answer: bytes, serve: Serve) -> None:
    address = serve(answer)
    with pytest.raises(BrokerError, match="does not speak plain Kafka") as found:
        Listener(KafkaSettings(bootstrap_servers=address)).refuse_unfit()
    assert address in str(found.value)
    assert type(found.value) is BrokerError, "trying again is of no use"


def test_a_listener_that_hangs_up_in_silence_may_be_a_port_whose_broker_is_not_there_yet(serve: Serve) -> None:
    """As an engine's forwarded port does while the container behind it starts."""
    with pytest.raises(BrokerError, match="a forwarded port also hangs up while its broker starts: then try again"):
        Listener(KafkaSettings(bootstrap_servers=serve(b""))).refuse_unfit()


def test_a_login_that_is_asked_for_names_what_to_set(serve: Serve) -> None:
    address = serve(_told(33, "GSSAPI", "SCRAM-SHA-512"))
    with pytest.raises(BrokerError, match=r"KAFKA_SASL_MECHANISM \(GSSAPI, SCRAM-SHA-512\)"):
        Listener(KafkaSettings(bootstrap_servers=address)).refuse_unfit()


def test_a_mechanism_that_is_not_taken_names_those_that_are(serve: Serve) -> None:
    settings = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN", "sasl_username": "me"}
    address = serve(_told(33, "SCRAM-SHA-512"))
    with pytest.raises(BrokerError, match="does not take KAFKA_SASL_MECHANISM=PLAIN; it takes SCRAM-SHA-512"):
        Listener(KafkaSettings(**settings, bootstrap_servers=address, sasl_password="p")).refuse_unfit()


def test_a_listener_that_is_silent_is_left_to_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "_ANSWER_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        Listener(KafkaSettings(bootstrap_servers=f"127.0.0.1:{silent.getsockname()[1]}")).refuse_unfit()


def test_nobody_there_is_unavailable_and_not_unfit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(BrokerUnavailable, match="no Kafka broker answered"):
        Listener(KafkaSettings(bootstrap_servers=address)).refuse_unfit()
