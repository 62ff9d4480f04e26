"""A yes only where Kafka answers; anything else is a bounded no."""

import struct
from collections.abc import Callable

import pytest

from local_services.kafka_probe import broker_answers, broker_is_ready, port_opens


def framed(correlation: int, body: bytes) -> bytes:
    return struct.pack(">ii", 4 + len(body), correlation) + body


API_VERSIONS = framed(7, struct.pack(">hi", 0, 0))
ONE_BROKER = framed(7, struct.pack(">ii", 1, 1) + b"rest")
NO_BROKER = framed(7, struct.pack(">i", 0))


def test_an_answer_with_our_correlation_id_is_a_yes(server: Callable[[bytes], str]) -> None:
    broker_answers(server(API_VERSIONS), 2)


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", framed(8, b"\0" * 6), struct.pack(">i", 100) + b"cut", b"\0\0\0\1x"],
    ids=["closed", "web server", "another's answer", "cut short", "too short"],
)
def test_anything_else_is_an_error(server: Callable[[bytes], str], answer: bytes) -> None:
    with pytest.raises(OSError, match=r"not a plain Kafka listener|closed"):
        broker_answers(server(answer), 2)


@pytest.mark.parametrize("address", ["", ":9092", "host:port", "host:99999", "[::1:9092"])
def test_what_is_no_address_is_an_error_that_quotes_it(address: str) -> None:
    with pytest.raises(OSError, match="is not host:port"):
        broker_answers(address, 1)


def test_a_silent_listener_costs_no_more_than_the_bound(silent_server: str) -> None:
    with pytest.raises(TimeoutError):
        broker_answers(silent_server, 0.2)


def test_a_broker_is_ready_once_it_lists_one(server: Callable[[bytes], str], closed_port: str) -> None:
    assert broker_is_ready(server(ONE_BROKER), 2)
    assert not broker_is_ready(server(NO_BROKER), 2)
    assert not broker_is_ready(closed_port, 2)


def test_a_port_opens_or_raises(silent_server: str, closed_port: str) -> None:
    port_opens(silent_server, 2)
    with pytest.raises(ConnectionRefusedError):
        port_opens(closed_port, 2)
