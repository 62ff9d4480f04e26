"""Clients that send slowly or not at all: they wait, and nobody else does."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from .conftest import RIDE, Server, wait_until

MANY = 400
HEAD = b"POST /predict HTTP/1.1\r\nHost: ridescore\r\nContent-Type: application/json\r\n"


@contextmanager
def connections(server: Server, count: int, sent: bytes) -> Iterator[list[socket.socket]]:
    opened: list[socket.socket] = []
    try:
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
            opened.append(connection)
            connection.sendall(sent)
        yield opened
    finally:
        for each in opened:
            each.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"POST /pre",
        HEAD,
        HEAD + b"Content-Length: 62\r\n\r\n",
        HEAD + b"Content-Length: 62\r\n\r\n{",
        HEAD + b"Content-Length: 1000000\r\n\r\n" + b" " * 1000,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{    ",
    ],
    ids=["silent", "half a line", "half the headers", "no body", "a byte", "a large body", "a chunk"],
)
def test_many_that_stop_sending_stall_nobody(server: Server, sent: bytes) -> None:
    with connections(server, MANY, sent):
        for _ in range(20):
            assert server.post("/predict", RIDE).status == 200
        assert server.get("/health").status == 200


def test_many_that_send_a_byte_at_a_time_stall_nobody(server: Server) -> None:
    stop = threading.Event()

    def trickle(opened: list[socket.socket]) -> None:
        while not stop.wait(0.2):
            for each in opened:
                each.send(b" ")

    with connections(server, MANY, HEAD + b"Content-Length: 1000000\r\n\r\n") as opened:
        thread = threading.Thread(target=trickle, args=(opened,))
        thread.start()
        try:
            for _ in range(20):
                assert server.post("/predict", RIDE).status == 200
        finally:
            stop.set()
            thread.join()


def test_one_that_never_reads_its_answers_stalls_nobody(server: Server) -> None:
    request = b"GET /metrics HTTP/1.1\r\nHost: ridescore\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=1) as deaf:
        try:
            for _ in range(20_000):
                deaf.sendall(request)
        except OSError:
            pass  # it takes no more from one that reads nothing
        assert server.post("/predict", RIDE).status == 200


@pytest.mark.parametrize("length", [62, 500_000], ids=["small", "large"])
def test_a_body_that_takes_too_long_gets_408(serve: Callable[..., Server], length: int) -> None:
    server = serve(API_BODY_SECONDS="1")
    with connections(server, 1, HEAD + b"Content-Length: %d\r\n\r\n{" % length) as (slow,):
        answer = slow.recv(65536)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b'"too-slow"' in answer


def test_a_body_that_trickles_too_long_gets_408(serve: Callable[..., Server]) -> None:
    server = serve(API_BODY_SECONDS="1")
    with connections(server, 1, HEAD + b"Transfer-Encoding: chunked\r\n\r\n") as (slow,):
        slow.settimeout(0.1)
        answer = b""
        deadline = time.monotonic() + 60
        while not answer and time.monotonic() < deadline:
            slow.sendall(b"1\r\n \r\n")
            try:
                answer = slow.recv(65536)
            except TimeoutError:
                continue
        assert answer.startswith(b"HTTP/1.1 408 ")


def test_silent_connections_are_closed_in_time(serve: Callable[..., Server]) -> None:
    server = serve(API_KEEP_ALIVE_SECONDS="1")
    with connections(server, 3, b"") as silent:
        for each in silent:
            assert each.recv(65536) == b""
    with connections(server, 1, b"GET /live HTTP/1.1\r\nHost: ridescore\r\n\r\n") as (idle,):
        assert idle.recv(65536).startswith(b"HTTP/1.1 200 ")
        idle.settimeout(60)
        assert idle.recv(65536) == b"", "an idle connection is closed, too"


def test_more_connections_than_it_keeps_wait_for_their_turn(serve: Callable[..., Server]) -> None:
    server = serve(API_MAX_CONNECTIONS="16", API_KEEP_ALIVE_SECONDS="1")
    with connections(server, 40, b""):
        wait_until(lambda: server.post("/predict", RIDE).status == 200, "one behind forty silent ones is answered")
