"""HTTP itself over a socket: what a message may look like, in which order answers come, and when a connection ends."""

import json
import re
import socket
from collections.abc import Callable

import pytest

from .conftest import JSON, RIDE, WAIT_SECONDS, Server

BODY = json.dumps(RIDE).encode()


def post(body: bytes = BODY, *headers: str, path: str = "/predict") -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: ridescore", "Content-Type: application/json", *headers]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def get(path: str, *headers: str, method: str = "GET", version: str = "1.1") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/{version}", "Host: ridescore", *headers, "", ""]).encode()


LAST = get("/live", "Connection: close", "X-Request-ID: last")


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_SECONDS)


def all_of(connection: socket.socket) -> bytes:
    found = b""
    while chunk := connection.recv(65536):
        found += chunk
    return found


def talk(server: Server, *pieces: bytes) -> list[tuple[int, dict[str, str], bytes]]:
    """Send pieces; the answers until the server closes."""
    with connect(server) as connection:
        for piece in pieces:
            connection.sendall(piece)
        return answers(all_of(connection))


def answers(found: bytes) -> list[tuple[int, dict[str, str], bytes]]:
    taken = []
    while found:
        head, _end, found = found.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _colon, value in (line.partition(": ") for line in lines)}
        assert len(headers) == len(lines), "no header is sent twice"
        length = int(headers.get("content-length", "0"))
        taken.append((int(first.split()[1]), headers, found[:length]))
        found = found[length:]
    return taken


def names(found: list[tuple[int, dict[str, str], bytes]]) -> list[str]:
    return [headers["x-request-id"] for _status, headers, _body in found]


def test_answers_come_in_the_order_of_the_requests_whoever_answers_them(server: Server) -> None:
    batch = json.dumps({"rides": [RIDE] * 2_000}).encode()
    sent = [
        post(batch, "X-Request-ID: a", path="/predict/batch"),
        post(BODY, "X-Request-ID: b"),
        get("/openapi.json", "X-Request-ID: c"),
        post(b"{}", "X-Request-ID: d"),
        get("/metrics", "X-Request-ID: e"),
        post(BODY, "X-Request-ID: f"),
    ] * 5
    found = talk(server, b"".join(sent) + LAST)
    assert names(found) == [*"abcdef" * 5, "last"]
    assert [status for status, _headers, _body in found] == [200, 200, 200, 400, 200, 200] * 5 + [200]


def test_a_thousand_requests_at_once_are_all_answered(server: Server) -> None:
    found = talk(server, post() * 1_000 + LAST)
    assert [status for status, _headers, _body in found] == [200] * 1_001


def test_requests_in_single_bytes_are_answered(server: Server) -> None:
    with connect(server) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for each in post() + get("/live") + LAST:
            connection.send(bytes([each]))
        assert [status for status, _headers, _body in answers(all_of(connection))] == [200] * 3


def test_every_answer_has_a_length_and_a_date_and_tells_no_version(server: Server) -> None:
    for request in (post(), get("/live"), get("/nowhere"), get("/metrics"), b"nonsense\r\n\r\n"):
        status, headers, body = talk(server, request + LAST)[0]
        assert (status, int(headers["content-length"])) == (status, len(body))
        assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", headers["date"])
        assert not re.search(r"\d", headers["server"])


@pytest.mark.parametrize("path", ["/live", "/openapi.json", "/nowhere"])
def test_head_is_get_without_the_content(server: Server, path: str) -> None:
    (status, headers, body), last = answers_of_head(server, path)
    got = server.get(path)
    assert (status, headers["content-length"], body) == (got.status, str(len(got.body)), b"")
    assert last[0] == 200


def answers_of_head(server: Server, path: str) -> list[tuple[int, dict[str, str], bytes]]:
    with connect(server) as connection:
        connection.sendall(get(path, method="HEAD"))
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(65536)
        connection.sendall(LAST)
        first, *lines = head.decode().strip().split("\r\n")
        headers = {line.partition(": ")[0].lower(): line.partition(": ")[2] for line in lines}
        return [(int(first.split()[1]), headers, b""), *answers(all_of(connection))]


def test_http_1_0_closes_unless_it_asks_not_to(server: Server) -> None:
    ((status, headers, _body),) = talk(server, get("/live", version="1.0"))
    assert (status, headers["connection"]) == (200, "close")
    first, second = talk(server, get("/live", "Connection: keep-alive", version="1.0") + LAST)
    assert (first[1]["connection"], second[1]["connection"]) == ("keep-alive", "close")


def test_what_follows_a_request_to_close_is_not_answered(server: Server) -> None:
    assert names(talk(server, LAST + get("/live"))) == ["last"]


def test_a_client_that_sends_no_more_is_answered(server: Server) -> None:
    for sent, count in ((post() * 3, 3), (get("/metrics") + get("/live"), 2), (b"", 0)):
        with connect(server) as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            found = answers(all_of(connection))
        assert [status for status, _headers, _body in found] == [200] * count


def test_a_body_is_asked_for_where_the_client_waits_for_that(server: Server) -> None:
    with connect(server) as connection:
        request = post(BODY, "Expect: 100-continue")
        connection.sendall(request[: -len(BODY)])
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(BODY + LAST)
        assert [status for status, _headers, _body in answers(all_of(connection))] == [200, 200]


def test_a_body_that_is_too_large_is_not_asked_for(server: Server) -> None:
    head = get("/predict", "Expect: 100-continue", f"Content-Length: {(1 << 20) + 1}", method="POST")
    ((status, headers, body),) = talk(server, head)
    assert (status, headers["connection"], json.loads(body)["code"]) == (413, "close", "too-large")


def test_a_client_that_sends_a_body_that_is_too_large_whole_reads_the_answer(server: Server) -> None:
    request = post(b" " * (3 << 20))
    with connect(server) as connection:
        connection.sendall(request)
        ((status, _headers, body),) = answers(all_of(connection))
    assert (status, json.loads(body)["code"]) == (413, "too-large")


def test_chunks_and_trailers(server: Server) -> None:
    body = b"".join(b"%x;a=b\r\n%s\r\n" % (len(part), part) for part in (BODY[:9], BODY[9:])) + b"0\r\nX: y\r\n\r\n"
    head = get("/predict", "Content-Type: application/json", "Transfer-Encoding: chunked", method="POST")
    assert [status for status, _headers, _body in talk(server, (head + body) * 2 + LAST)] == [200] * 3


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://elsewhere.example/live", 200),
        ("http://elsewhere.example", 404),
        ("//live", 200),
        ("/%6cive", 200),
        ("/live?%ff", 200),
        ("/live#part", 200),
        ("*", 404),
    ],
)
def test_targets(server: Server, target: str, status: int) -> None:
    assert talk(server, get(target) + LAST)[0][0] == status


def test_connect_is_no_way_through(server: Server) -> None:
    ((status, headers, _body),) = talk(server, get("a.example:443", method="CONNECT") + b"\x16\x03\x01")
    assert (status, headers["connection"]) == (404, "close")


@pytest.mark.parametrize("protocol", ["h2c", "websocket"])
def test_another_protocol_is_never_spoken(server: Server, protocol: str) -> None:
    found = talk(server, post(BODY, "Connection: Upgrade", f"Upgrade: {protocol}") + LAST)
    assert [status for status, _headers, _body in found] == [200, 200]


def test_what_is_no_request_is_told_so_and_nothing_behind_it_is_read(server: Server) -> None:
    ((status, headers, body),) = talk(server, b"GET /live HTTP/1.1\r\nX-Folded: a\r\n b\r\n\r\n" + LAST)
    problem = json.loads(body)
    assert (status, headers["connection"], headers["content-type"]) == (400, "close", "application/problem+json")
    assert (problem["code"], problem["request_id"]) == ("bad-request", headers["x-request-id"])
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "framing", ["Content-Length: 5\r\nContent-Length: 5", "Content-Length: 5\r\nTransfer-Encoding: chunked"]
)
def test_a_body_that_could_end_in_two_places_is_refused(server: Server, framing: str) -> None:
    ((status, _headers, _body),) = talk(server, get("/predict", framing, method="POST") + b"0\r\n\r\n" + LAST)
    assert status == 400


def test_a_broken_chunk_is_refused(server: Server) -> None:
    head = get("/predict", "Content-Type: application/json", "Transfer-Encoding: chunked", method="POST")
    ((status, headers, body),) = talk(server, head, b"zz\r\n", LAST)
    assert (status, headers["connection"], json.loads(body)["code"]) == (400, "close", "malformed")


def test_more_headers_than_anybody_needs_are_refused(server: Server) -> None:
    ((status, _headers, body),) = talk(server, get("/live", *(f"X-{number}: 1" for number in range(120))))
    assert (status, json.loads(body)["code"]) == (431, "head-too-large")


def test_headers_need_not_be_ascii(server: Server) -> None:
    found = talk(server, get("/live").replace(b"ridescore", b"ridescore\r\nX-Name: \xff\xfc") + LAST)
    assert [status for status, _headers, _body in found] == [200, 200]


def test_a_token_may_be_any_bytes(serve: Callable[..., Server]) -> None:
    server = serve(API_TOKEN="t")
    found = talk(server, post().replace(b"Host", b"Authorization: Bearer \xff\xfe\r\nHost") + LAST)
    assert [status for status, _headers, _body in found] == [401, 200]
    assert server.post("/predict", RIDE, {"Authorization": "Bearer t", **JSON}).status == 200
