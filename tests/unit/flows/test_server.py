"""What is said of a Prefect server that cannot be used: what was found there, and what to do."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.server import check_server, unavailable
from local_services.ports import LOCALHOST
from scoring.errors import FlowServerUnavailable


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """The address of something that answers everything so."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return None

    with HTTPServer((LOCALHOST, 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://{LOCALHOST}:{server.server_port}/api"
        finally:
            server.shutdown()
            thread.join()


def test_nobody_at_the_address_is_told_with_what_to_do() -> None:
    with socket.socket() as held:  # nobody else can listen there meanwhile
        held.bind((LOCALHOST, 0))
        address = f"http://{LOCALHOST}:{held.getsockname()[1]}/api"
        with (
            temporary_settings({PREFECT_API_URL: address}),
            pytest.raises(
                FlowServerUnavailable, match=rf"server at {address} does not answer .*refused.* start it with"
            ),
        ):
            check_server()


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (404, b"no such page", "404"),
        (401, b"Unauthorized", "401"),
        (200, b"<html>", "Expecting value"),
        (200, b'"2.20.1"', "Major versions must match"),
    ],
)
def test_another_server_at_the_address_is_told(status: int, body: bytes, said: str) -> None:
    with (
        answering(status, body) as address,
        temporary_settings({PREFECT_API_URL: address}),
        pytest.raises(FlowServerUnavailable, match=rf"server at {address} refused \(.*{said}.*PREFECT_API_AUTH_STRING"),
    ):
        check_server()


def test_a_server_of_ones_own_that_does_not_start_is_told() -> None:
    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        error = unavailable(RuntimeError("Timed out while attempting to connect\nmore"))
    assert "did not start (Timed out while attempting to connect)" in str(error)
    assert "`prefect server start`" in str(error)


def test_an_error_that_says_nothing_is_told_by_its_type() -> None:
    with temporary_settings({PREFECT_API_URL: "http://prefect/api"}):
        assert "does not answer (ReadTimeout)" in str(unavailable(httpx.ReadTimeout("")))
