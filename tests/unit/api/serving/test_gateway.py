"""A single ride whose head was answered before is answered at once, and nothing else is."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from api.door import Door
from api.fast_path import FastPath
from api.serving.gateway import Gateway
from api.serving.request_reader import RequestReader

BODY = b'{"PULocationID": 10, "DOLocationID": 20, "trip_distance": 3.5}'


class Answered:
    """In place of a connection."""

    def __init__(self, data: bytes) -> None:
        self.request = RequestReader()
        assert self.request.read(data, 0) == len(data)
        self.told: tuple[bytes, bytes] | None = None

    def answer(self, head: bytes, content: bytes, *, close: bool = False) -> None:
        self.told = head, content


def post(body: bytes = BODY, headers: bytes = b"") -> bytes:
    head = b"POST /predict HTTP/1.1\r\nContent-Type: application/json\r\n%bContent-Length: %d\r\n\r\n"
    return head % (headers, len(body)) + body


@pytest.fixture
def gateway(app: Flask, door: Door) -> Iterator[Gateway]:
    loop = asyncio.new_event_loop()
    made = Gateway(app.wsgi_app, door, FastPath(door), 9696, loop)
    yield made
    made.close()
    loop.close()


def answered(gateway: Gateway, data: bytes) -> Any:
    connection = Answered(data)
    gateway.received(connection)  # type: ignore[arg-type]
    return connection.told


def same(told: tuple[bytes, bytes] | None) -> tuple[list[bytes], Any]:
    assert told is not None
    prediction = json.loads(told[1])
    head = [line for line in told[0].split(b"\r\n") if not line.startswith((b"X-Request-ID", b"Content-Length"))]
    return head, (prediction["duration"], prediction["model_version"], prediction["known_route"])


def test_a_head_that_was_answered_before_is_answered_at_once_and_alike(gateway: Gateway) -> None:
    assert gateway.at_once(post()) is None
    first = answered(gateway, post())
    assert same(gateway.at_once(post())) == same(first)
    assert gateway.at_once(post(BODY[:-1] + b"]")) is not None, "a body that is none is told so"
    for other in (post()[:-1], post() + b"G", post() + post(), post(BODY + b" "), post(headers=b"X: y\r\n")):
        assert gateway.at_once(other) is None


@pytest.mark.parametrize(
    "headers",
    [b"Connection: close\r\n", b"Expect: 100-continue\r\n", b"X-Request-ID: a\r\nX-Request-ID: b\r\n"],
)
def test_a_head_that_asks_for_more_is_read_each_time(gateway: Gateway, headers: bytes) -> None:
    answered(gateway, post(headers=headers))
    assert gateway.at_once(post(headers=headers)) is None


def test_a_name_that_was_sent_is_the_answers(gateway: Gateway) -> None:
    request = post(headers=b"X-Request-ID: q-1\r\n")
    answered(gateway, request)
    told = gateway.at_once(request)
    assert told is not None
    assert b"\r\nX-Request-ID: q-1\r\n" in told[0]


def test_a_bug_at_once_is_left_to_flask(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    answered(gateway, post())

    def fail() -> bool:
        raise RuntimeError("a bug")

    monkeypatch.setattr(gateway, "_cheap", fail)
    assert gateway.at_once(post()) is None


def test_few_heads_are_kept(gateway: Gateway) -> None:
    for number in range(2_000):
        answered(gateway, post(headers=b"X-Number: %d\r\n" % number))
    assert len(gateway._known) <= 512
    long = post(headers=b"X-Long: " + b"a" * 2_000 + b"\r\n")
    answered(gateway, long)
    assert gateway.at_once(long) is None


def post_batch(rides: int, kind: bytes = b"application/json") -> bytes:
    body = b'{"rides": [%b]}' % b", ".join([BODY] * rides)
    head = b"POST /predict/batch HTTP/1.1\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
    return head % (kind, len(body)) + body


def test_a_brief_batch_is_answered_at_once_and_a_long_one_by_a_thread(gateway: Gateway, door: Door) -> None:
    told = answered(gateway, post_batch(100))
    assert told is not None
    assert len(json.loads(told[1])["predictions"]) == 100
    assert door.in_flight.count == 0
    assert answered(gateway, post_batch(1_000)) is None


def test_a_brief_batch_that_only_flask_answers_is_for_a_thread(gateway: Gateway) -> None:
    assert answered(gateway, post_batch(1, kind=b"text/plain")) is None
