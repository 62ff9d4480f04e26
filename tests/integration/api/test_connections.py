"""Connections of one process, many and ill-behaved: nobody is kept waiting, nothing is kept or logged as our fault."""

import json
import os
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from .conftest import RIDE, WAIT_SECONDS, Server, wait_until

BODY = json.dumps(RIDE).encode()
BATCH = json.dumps({"rides": [RIDE] * 10_000}).encode()
LIVE = b"GET /live HTTP/1.1\r\nHost: r\r\n\r\n"


def post(path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: r\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_SECONDS)


def failures(server: Server) -> list[object]:
    return [line for line in server.lines() if line["level"] in ("WARNING", "ERROR", "CRITICAL")]


def workers(server: Server) -> list[psutil.Process]:
    return psutil.Process(server.process.pid).children()


def in_flight(server: Server) -> float:
    text = server.get("/metrics").body.decode()
    (found,) = [line for line in text.splitlines() if line.startswith("ridescore_requests_in_flight")]
    return float(found.split()[-1])


@pytest.mark.parametrize("reset", [False, True])
def test_clients_that_hang_up_while_they_are_answered_harm_nobody(serve: Callable[..., Server], reset: bool) -> None:
    server = serve(API_MAX_IN_FLIGHT="20")
    for _ in range(5):
        with ExitStack() as stack:
            for _ in range(10):
                connection = stack.enter_context(connect(server))
                connection.sendall(post("/predict/batch", BATCH))
                if reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wait_until(lambda: in_flight(server) == 0, "nothing is in flight any more")
    assert server.post("/predict/batch", BATCH).status == 200
    assert server.stop() == 0
    assert failures(server) == []


def test_a_client_that_sends_without_reading_fills_no_memory(server: Server) -> None:
    (worker,) = workers(server)
    before = worker.memory_info().rss
    request = post("/predict", BODY)
    with ExitStack() as stack:
        for _ in range(20):
            deaf = stack.enter_context(connect(server))
            deaf.settimeout(0.2)
            try:
                for _ in range(2_000):
                    deaf.sendall(request * 50)
            except TimeoutError:
                pass  # it takes no more
        assert server.post("/predict", RIDE).status == 200
        assert worker.memory_info().rss - before < 20 * 4_000_000, "sent were up to 20 MB by each"


def test_one_that_reads_late_gets_all_its_answers(server: Server) -> None:
    with connect(server) as late, ThreadPoolExecutor(1) as pool:
        sending = pool.submit(late.sendall, LIVE * 3_000 + LIVE.replace(b"Host", b"Connection: close\r\nHost"))
        time.sleep(1)
        found = b""
        while chunk := late.recv(1 << 20):
            found += chunk
        sending.result()
    assert found.count(b"HTTP/1.1 200 ") == 3_001


@pytest.mark.skipif(sys.platform != "linux", reason="sets another process's limits")
def test_a_process_without_descriptors_waits_for_them_and_answers_on(serve: Callable[..., Server]) -> None:
    server = serve()
    (worker,) = workers(server)
    with connect(server) as kept, ExitStack() as stack:
        kept.sendall(LIVE)
        assert kept.recv(65536).startswith(b"HTTP/1.1 200 ")
        room = worker.num_fds() + 3
        worker.rlimit(psutil.RLIMIT_NOFILE, (room, room))
        waiting = [stack.enter_context(connect(server)) for _ in range(20)]
        for each in waiting:
            each.sendall(LIVE)
        wait_until(lambda: bool(failures(server)), "it tells that it has no room")
        used = sum(worker.cpu_times()[:2])
        time.sleep(1)
        assert sum(worker.cpu_times()[:2]) - used < 0.5, "it does not spin"
        kept.sendall(LIVE)
        assert kept.recv(65536).startswith(b"HTTP/1.1 200 ")
        for each in waiting:
            assert each.recv(65536).startswith(b"HTTP/1.1 200 "), "each gets its turn when another goes"
            each.close()
    assert server.stop() == 0


def test_connections_over_the_limit_get_their_turn_when_others_go(serve: Callable[..., Server]) -> None:
    server = serve(API_MAX_CONNECTIONS="16")
    with ExitStack() as stack:
        opened = [stack.enter_context(connect(server)) for _ in range(40)]
        for each in opened:
            each.sendall(LIVE)
        for each in opened:
            assert each.recv(65536).startswith(b"HTTP/1.1 200 ")
            each.close()


def test_a_busy_process_leaves_connections_to_the_others(serve: Callable[..., Server]) -> None:
    server = serve("--workers", "2")
    first, second = workers(server)
    with ExitStack() as stack:
        os.kill(first.pid, signal.SIGSTOP)
        stack.callback(os.kill, first.pid, signal.SIGCONT)
        opened = [stack.enter_context(connect(server)) for _ in range(50)]
        for each in opened:
            each.sendall(LIVE)
            assert each.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert len(second.net_connections()) >= 50


def test_a_head_that_takes_too_long_gets_408(serve: Callable[..., Server]) -> None:
    server = serve(API_KEEP_ALIVE_SECONDS="1")
    with connect(server) as slow:
        slow.sendall(b"GET /live HTTP/1.1\r\n")
        found = b""
        while chunk := slow.recv(65536):
            found += chunk
        assert found.startswith(b"HTTP/1.1 408 ")
        assert b'"too-slow"' in found


def test_idle_connections_do_not_hold_up_a_stop(serve: Callable[..., Server]) -> None:
    server = serve(API_SHUTDOWN_SECONDS="600")
    with connect(server) as used, connect(server) as fresh:
        used.sendall(LIVE)
        assert used.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert server.stop() == 0
        assert used.recv(65536) == b""
        assert fresh.recv(65536) == b""


def test_what_was_sent_before_a_stop_is_answered_by_it(serve: Callable[..., Server]) -> None:
    server = serve(API_SHUTDOWN_SECONDS="600")
    with ExitStack() as stack:
        opened = [stack.enter_context(connect(server)) for _ in range(100)]
        for each in opened[:50]:
            each.sendall(LIVE)
            assert each.recv(65536).startswith(b"HTTP/1.1 200 ")
        os.kill(workers(server)[0].pid, signal.SIGSTOP)
        late = [stack.enter_context(connect(server)) for _ in range(20)]
        for number, each in enumerate([*opened, *late]):
            each.sendall(post("/predict/batch", BATCH) if number % 10 == 0 else post("/predict", BODY))
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: workers(server)[0].status() == psutil.STATUS_STOPPED, "it is still stopped")
        time.sleep(0.3)
        os.kill(workers(server)[0].pid, signal.SIGCONT)
        for each in [*opened, *late]:
            found = b""
            while chunk := each.recv(1 << 20):
                found += chunk
            assert found.startswith(b"HTTP/1.1 200 "), found[:200]
    assert server.stop() == 0
    assert failures(server) == []


def test_connections_leave_nothing_behind(serve: Callable[..., Server]) -> None:
    server = serve()
    (worker,) = workers(server)

    def come_and_go(count: int) -> int:
        for number in range(count):
            with connect(server) as connection:
                connection.sendall((LIVE, post("/predict", BODY), b"nonsense\r\n\r\n", b"GET")[number % 4])
                if number % 3 and number % 4 != 3:
                    connection.recv(100)
        return int(worker.memory_info().rss)

    before = come_and_go(1_000)
    after = come_and_go(4_000)
    assert after - before < 8_000_000, "a connection that is kept takes several kB"
    wait_until(lambda: worker.num_fds() < 40, "their descriptors are closed")
    assert failures(server) == []


def test_it_runs_on_asyncios_own_loop_as_well(serve: Callable[..., Server], tmp_path: Path) -> None:
    (tmp_path / "uvloop.py").write_text("raise ImportError('not on this system')\n")
    server = serve(PYTHONPATH=f"{tmp_path}:{Path.cwd()}")
    assert server.post("/predict", RIDE).status == 200
    assert server.post("/predict/batch", BATCH).status == 200
    with connect(server) as connection:
        connection.sendall(post("/predict", BODY) * 200 + LIVE.replace(b"Host", b"Connection: close\r\nHost"))
        found = b""
        while chunk := connection.recv(65536):
            found += chunk
    assert found.count(b"HTTP/1.1 200 ") == 201
    assert server.stop() == 0
    assert failures(server) == []
