"""A server's memory does not grow with the requests that it has answered."""

import json
from http.client import HTTPConnection

import psutil

from .conftest import JSON, RIDE, WAIT_SECONDS, Server

WARM, COUNTED = 1_000, 5_000
ALLOWED_BYTES = 15_000_000  # a request that is kept takes about 8 kB: 40 MB in all


def test_answered_requests_are_let_go(server: Server) -> None:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=WAIT_SECONDS)

    def ask(times: int) -> int:
        for _ in range(times):
            connection.request("POST", "/predict", json.dumps(RIDE), JSON)
            assert connection.getresponse().read()
        return max(child.memory_info().rss for child in psutil.Process(server.process.pid).children())

    before = ask(WARM)
    after = ask(COUNTED)
    connection.close()
    assert after - before < ALLOWED_BYTES
