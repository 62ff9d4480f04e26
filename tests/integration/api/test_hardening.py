"""What nobody should send: refused with a clear word, on both layers, and never a 500."""

import socket
from typing import Any

import pytest

from .conftest import JSON, RIDE, Server, wait_until

RIDE_BYTES = b'{"PULocationID": 10, "DOLocationID": 20, "trip_distance": 3.5}'


def raw(server: Server, request: bytes, *, close: bool = False) -> bytes:
    """Send bytes as they are, and close our end if told to; all that comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(request)
        if close:
            connection.shutdown(socket.SHUT_WR)
        found = b""
        while chunk := connection.recv(65536):
            found += chunk
        return found


def head(path: str, *headers: str, method: str = "POST") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: ridescore", "Connection: close", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def chunked(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "application/jsonx", ""],
)
def test_another_type_is_415(server: Server, content_type: str) -> None:
    answer = server.post("/predict", RIDE, {"Content-Type": content_type})
    assert (answer.status, answer.json()["code"]) == (415, "unsupported-type")
    assert "application/json" in answer.json()["detail"]


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"]
)
def test_json_in_utf8_may_be_named_in_other_ways(server: Server, content_type: str) -> None:
    assert server.post("/predict", RIDE, {"Content-Type": content_type}).status == 200


def test_two_content_types_are_415(server: Server) -> None:
    types = ("Content-Type: application/json", "Content-Type: text/plain")
    answer = raw(server, head("/predict", *types, f"Content-Length: {len(RIDE_BYTES)}") + RIDE_BYTES)
    assert answer.startswith(b"HTTP/1.1 415 ")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "BREW"])
def test_another_method_is_405_and_names_those_there_are(server: Server, method: str) -> None:
    answer = server.ask(method, "/predict")
    assert (answer.status, answer.json()["code"]) == (405, "method-not-allowed")
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize(
    "path", ["/", "/predict/", "/Predict", "/predict/1", "/%2e%2e/etc/passwd", "/predict%00", "/%ff"]
)
def test_another_path_is_404(server: Server, path: str) -> None:
    answer = server.post(path, RIDE)
    assert (answer.status, answer.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize(("path", "limit"), [("/predict", 1 << 20), ("/predict/batch", 16 << 20)])
def test_a_body_over_the_limit_is_413(server: Server, path: str, limit: int) -> None:
    answer = raw(server, head(path, "Content-Type: application/json", f"Content-Length: {limit + 1}"))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"too-large"' in answer


@pytest.mark.parametrize(("path", "limit"), [("/predict", 1 << 20), ("/predict/batch", 16 << 20)])
def test_a_body_over_the_limit_without_a_declared_length_is_413(server: Server, path: str, limit: int) -> None:
    request = head(path, "Content-Type: application/json", "Transfer-Encoding: chunked")
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(request)
        try:
            for _ in range(limit // (64 << 10) + 2):
                connection.sendall(b"10000\r\n" + b" " * (64 << 10) + b"\r\n")
        except OSError:
            pass  # it answered and closed before we were done
        assert connection.recv(12) == b"HTTP/1.1 413"


def test_a_body_at_the_limit_is_read(server: Server) -> None:
    body = RIDE_BYTES + b" " * ((1 << 20) - len(RIDE_BYTES))
    assert server.post("/predict", body).status == 200


def test_chunks_are_put_together(server: Server) -> None:
    request = head("/predict", "Content-Type: application/json", "Transfer-Encoding: chunked")
    answer = raw(server, request + chunked(RIDE_BYTES[:20], RIDE_BYTES[20:21], RIDE_BYTES[21:]))
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_a_body_that_breaks_off_answers_nobody_and_harms_nobody(server: Server) -> None:
    for headers in (["Content-Length: 500"], ["Content-Length: 500000"], ["Transfer-Encoding: chunked"]):
        raw(server, head("/predict", "Content-Type: application/json", *headers) + RIDE_BYTES, close=True)
    assert server.post("/predict", RIDE).status == 200


def test_headers_without_end_are_refused(server: Server) -> None:
    answer = raw(server, head("/predict", *(f"X-{number}: {'a' * 1000}" for number in range(200))))
    assert answer.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01",  # TLS to a plain port
        b"GET\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"POST /predict HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x00" * 1000,
    ],
)
def test_what_is_no_request_is_refused_and_forgotten(server: Server, garbage: bytes) -> None:
    answer = raw(server, garbage, close=True)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert server.post("/predict", RIDE).status == 200


@pytest.mark.parametrize("value", [b"\xff\xfe", b"a" * 5000, b"a b", b'{"a":1}', b""])
def test_a_request_id_that_is_none_is_replaced(server: Server, value: bytes) -> None:
    request = head("/live", f"X-Request-ID: {value.decode('latin-1')}", method="GET")
    answer = raw(server, request)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert value == b"" or value not in answer


def test_a_sound_request_id_comes_back_and_names_the_ride(server: Server) -> None:
    answer = server.post("/predict", RIDE, {"X-Request-ID": "trace:4f/7=a@b.c-1_2+3"})
    assert answer.headers["x-request-id"] == answer.json()["ride_id"] == "trace:4f/7=a@b.c-1_2+3"


def test_a_look_alike_header_is_not_taken_for_the_request_id(server: Server) -> None:
    answer = raw(server, head("/live", "X_Request_ID: forged", method="GET"))
    assert b"forged" not in answer


def test_request_ids_differ(server: Server) -> None:
    assert len({server.get("/live").headers["x-request-id"] for _ in range(20)}) == 20


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("POST", "/predict", RIDE), ("POST", "/predict", {}), ("GET", "/health", None), ("GET", "/nowhere", None)],
)
def test_every_answer_has_the_security_headers(server: Server, method: str, path: str, body: Any) -> None:
    headers = server.ask(method, path, body).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_what_was_sent_is_not_echoed_beyond_a_bounded_description(server: Server) -> None:
    secret = "s3cret" * 1000
    answer = server.post("/predict", {**RIDE, "trip_distance": secret, "note": secret})
    assert answer.status == 400
    assert len(answer.body) < 2_000


def test_a_connection_serves_many_requests(server: Server) -> None:
    one = head("/predict", *(f"{name}: {value}" for name, value in JSON.items()), f"Content-Length: {len(RIDE_BYTES)}")
    kept = one.replace(b"Connection: close\r\n", b"") + RIDE_BYTES
    answers = raw(server, kept * 20 + one + RIDE_BYTES)
    assert answers.count(b"HTTP/1.1 200 ") == 21


def test_afterwards_the_log_holds_no_trace_of_a_bug(server: Server) -> None:
    wait_until(lambda: server.get("/live").status == 200, "the server answers")
    assert [line for line in server.lines() if line["level"] in ("ERROR", "CRITICAL")] == []
