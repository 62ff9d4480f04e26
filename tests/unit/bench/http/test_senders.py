"""The senders on a real socket: what they count as right, wrong and failed, and from when they count time."""

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from bench.http.connection import Connection, ConnectionBroken, request_bytes
from bench.http.contestants import CEILING, Contestant, own_contestants
from bench.http.paced import send_paced
from bench.http.paced_wrk import RIDES as PACED_RIDES
from bench.http.paced_wrk import STEP_MICROSECONDS, read_paced, send_at_rate, share_ms
from bench.http.rides import AskedRide
from bench.http.wrk import lua_script, put_under_load, read_output
from local_services.ports import free_port
from scoring.rides.ride import Ride

RIDES = [AskedRide(Ride(1, 2, miles, f"r{number}"), 10 * miles) for number, miles in enumerate((0.5, 1.5, 2.25))]


class Answering:
    """Answers ten minutes a mile, unless it is told to do something else."""

    def __init__(self) -> None:
        self.instead: Callable[[int, BaseHTTPRequestHandler], bool] = lambda _count, _request: False
        self.count = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                ride = msgspec.json.decode(self.rfile.read(int(self.headers["Content-Length"])))
                outer.count += 1
                if not outer.instead(outer.count, self):
                    self.answer(200, {"ride_id": ride["ride_id"], "duration": 10 * ride["trip_distance"]})

            def answer(self, status: int, value: object) -> None:
                body = msgspec.json.encode(value)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def answering() -> Iterator[Answering]:
    server = Answering()
    yield server
    server.close()


REQUESTS = [request_bytes("/predict", msgspec.json.encode(each.ride)) for each in RIDES]


def check(number: int, status: int, body: bytes) -> str:
    if status != 200:
        return f"status {status}"
    found = msgspec.json.decode(body)["duration"]
    return "" if found == RIDES[number % len(RIDES)].duration_minutes else "a wrong number"


def test_a_connection_reads_one_answer_after_the_other(answering: Answering) -> None:
    connection = Connection(answering.port)
    for number, request in enumerate(REQUESTS):
        connection.send(request, number, 0.0)
        answer = None
        while answer is None:
            answer = connection.receive()
        assert check(number, *answer) == ""
    assert connection.answered == len(REQUESTS)
    connection.close()


def test_nobody_who_listens_is_a_broken_connection() -> None:
    with pytest.raises(ConnectionBroken, match="no connection"):
        Connection(free_port())


def test_every_request_is_sent_once_and_answered(answering: Answering) -> None:
    found = send_paced(answering.port, REQUESTS, check, 100, 1, 8)
    assert found.failures == []
    assert found.sent == len(found.seconds) == len(found.late_seconds) == answering.count == 100
    assert min(found.seconds) > 0


def test_a_stall_counts_for_those_that_waited_too(answering: Answering) -> None:
    def stall(count: int, _request: BaseHTTPRequestHandler) -> bool:
        if count == 10:
            time.sleep(1)
        return False

    answering.instead = stall
    found = send_paced(answering.port, REQUESTS, check, 50, 1, 1)
    assert found.sent == len(found.seconds) == 50
    # One connection: what was due during the stall waited for it. Timed from when it was sent, one would be slow.
    assert sum(taken > 0.3 for taken in found.seconds) > 20


def test_wrong_answers_and_broken_connections_are_told_apart(answering: Answering) -> None:
    def misbehave(count: int, request: BaseHTTPRequestHandler) -> bool:
        if count == 5:
            request.answer(503, {})  # type: ignore[attr-defined]
        elif count == 10:
            request.answer(200, {"ride_id": "x", "duration": -1.0})  # type: ignore[attr-defined]
        elif count == 15:
            request.close_connection = True
        return count in (5, 10, 15)

    answering.instead = misbehave
    found = send_paced(answering.port, REQUESTS, check, 50, 1, 4)
    kinds = sorted(failure.kind for failure in found.failures)
    assert kinds == ["a wrong number", "before an answer: closed by the server", "status 503"]
    assert len(found.seconds) == 47


def ceiling() -> Contestant:
    return next(each for each in own_contestants() if each.name == CEILING)


def test_the_lua_script_holds_every_ride_and_its_number() -> None:
    script = lua_script(ceiling(), RIDES)
    for each in RIDES:
        assert f'name = "{each.ride.ride_id}", duration = {each.duration_minutes!r}, body = "{{' in script
    assert "NAMED = true" in script


def test_wrks_own_words_are_read_and_others_refused() -> None:
    found = read_output("Running 5s test\nFOUND 1000 2 1 3 5000000 1500\nWRONG 200 {}\n")
    assert (found.right, found.wrong, found.failed, found.per_second, found.p99_ms) == (1000, 2, 4, 200.0, 1.5)
    assert found.first_wrong == "200 {}"
    with pytest.raises(ValueError, match="did not end well"):
        read_output("unable to connect")


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
def test_wrk_counts_right_answers_and_notices_a_wrong_number(answering: Answering, tmp_path: Path) -> None:
    good = put_under_load(ceiling(), answering.port, RIDES, 1, tmp_path)
    assert good.right > 0
    assert (good.wrong, good.first_wrong) == (0, "")
    swapped = [
        AskedRide(each.ride, other.duration_minutes) for each, other in zip(RIDES, RIDES[1:] + RIDES[:1], strict=True)
    ]
    bad = put_under_load(ceiling(), answering.port, swapped, 1, tmp_path)
    assert bad.right == 0
    assert bad.wrong > 0
    assert '"duration"' in bad.first_wrong


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
def test_paced_wrk_counts_a_stall_for_those_that_waited_too(answering: Answering, tmp_path: Path) -> None:
    rides = [AskedRide(Ride(1, 2, number / 8, f"r{number}"), 10 * number / 8) for number in range(PACED_RIDES)]
    held = threading.Event()

    def stall(count: int, _request: BaseHTTPRequestHandler) -> bool:
        if count == 50:
            threading.Timer(1.0, held.set).start()
        if count >= 50:
            held.wait(5)
        return False

    answering.instead = stall
    found = send_at_rate(ceiling(), answering.port, rides, 150, 3, tmp_path)
    assert found.first_wrong == ""
    # 64 connections: in a second 150 requests were due, and timed from when they were sent only 64 would be slow.
    slow = sum(times for step, times in found.taken if step * STEP_MICROSECONDS > 100_000)
    assert slow > 100
    assert share_ms(found.taken, 1.0) > 500


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
def test_paced_wrk_notices_wrong_numbers_and_what_is_never_answered(answering: Answering, tmp_path: Path) -> None:
    rides = [AskedRide(Ride(1, 2, number / 8, f"r{number}"), 10 * number / 8) for number in range(PACED_RIDES)]
    swapped = [AskedRide(each.ride, each.duration_minutes + (each.ride.ride_id == "r3")) for each in rides]
    found = send_at_rate(ceiling(), answering.port, swapped, 200, 1, tmp_path)
    assert '"ride_id":"r3"' in found.first_wrong
    assert found.failed > 0
    before = answering.count
    forever = threading.Event()
    answering.instead = lambda count, _request: count > before + 100 and forever.wait(10)
    found = send_at_rate(ceiling(), answering.port, rides, 400, 1, tmp_path)
    forever.set()
    assert found.failed > 200


def test_percentiles_of_steps_are_rather_too_long() -> None:
    assert share_ms([(0, 98), (20, 1), (300, 1)], 0.5) == 0.01
    assert share_ms([(0, 98), (20, 1), (300, 1)], 0.99) == 0.21
    assert share_ms([(0, 98), (20, 1), (300, 1)], 1.0) == 3.01
    assert share_ms([], 0.99) == 0


def test_a_script_that_broke_off_is_an_error() -> None:
    with pytest.raises(ValueError, match="did not end well"):
        read_paced("unable to connect", 100)


def test_a_failed_wrk_is_an_error(tmp_path: Path) -> None:
    if shutil.which("wrk") is None:
        pytest.skip("wrk is not installed")
    with pytest.raises((subprocess.SubprocessError, ValueError)):
        put_under_load(ceiling(), free_port(), RIDES, 1, tmp_path)
