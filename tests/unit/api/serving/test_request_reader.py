"""Requests cut from a stream of bytes: the same ones however the stream is cut, and none where there is no request."""

import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.serving.request import HEAD_LIMIT_BYTES, MOST_HEADERS, WHOLE, Refused
from api.serving.request_reader import RequestReader
from tests.fuzz.raw_bytes import connections

GET = b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n"
Found = list[tuple[Any, ...]]


def read(*pieces: bytes) -> Found:
    """What a connection's bytes hold, and at last the status of what is no request."""
    reader = RequestReader()
    found: Found = []
    for piece in pieces:
        at = 0
        try:
            while at < len(piece):
                at = reader.read(piece, at)
                if reader.stage == WHOLE:
                    found.append((reader.method, reader.target, reader.keep_alive, tuple(reader.headers), reader.body))
                    reader.next()
        except Refused as refused:
            return [*found, (refused.status,)]
    return found


def one(request: bytes) -> tuple[Any, ...]:
    """The one request, behind which another is read as well."""
    found = read(request + GET)
    assert len(found) == 2, found
    assert found[1][1] == b"/live"
    return found[0]


def post(headers: bytes, body: bytes) -> bytes:
    return b"POST /predict HTTP/1.1\r\n" + headers + b"\r\n" + body


@given(pieces=connections(), shares=st.lists(st.integers(0, 1_000), max_size=20))
def test_it_does_not_matter_where_the_stream_is_cut(pieces: list[bytes], shares: list[int]) -> None:
    sent = b"".join(pieces)
    cuts = sorted(len(sent) * share // 1_000 for share in shares)
    parts = [sent[start:end] for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    whole, cut = read(sent), read(*parts)
    assert len(whole) == len(cut)
    for one_way, other_way in zip(whole, cut, strict=True):  # which fault of several is met first may differ
        assert one_way == other_way or {*one_way, *other_way} == {400, 431}


@pytest.mark.parametrize("request_bytes", [GET, post(b"Content-Length: 3\r\n", b"abc"), b"BREW /pot HTTP/1.1\r\n\r\n"])
def test_a_byte_at_a_time(request_bytes: bytes) -> None:
    sent = request_bytes * 3
    assert read(*(bytes([each]) for each in sent)) == read(sent)
    assert len(read(sent)) == 3


@pytest.mark.parametrize("name", [b"Content-Length", b"content-length", b"CONTENT-LENGTH", b"cOnTeNt-LeNgTh"])
def test_names_are_the_same_however_they_are_written(name: bytes) -> None:
    assert one(post(name + b": 3 \r\n", b"abc"))[4] == b"abc"


def test_chunks_are_put_together_and_trailers_are_no_headers() -> None:
    body = b"3;name=value\r\nabc\r\n1\r\nd\r\n0\r\nX-Request-ID: late\r\n\r\n"
    found = one(post(b"Transfer-Encoding: chunked\r\n", body))
    assert found[3:] == (((b"Transfer-Encoding", b"chunked"),), b"abcd")


def test_an_empty_line_in_a_chunk_ends_nothing() -> None:
    assert one(post(b"Transfer-Encoding: chunked\r\n", b"8\r\n\r\n\r\n\r\n\r\n\r\n0\r\n\r\n"))[4] == b"\r\n\r\n\r\n\r\n"


@pytest.mark.parametrize("protocol", [b"h2c", b"websocket"])
@pytest.mark.parametrize(
    ("framing", "sent", "body"),
    [
        (b"", b"", b""),
        (b"Content-Length: 3\r\n", b"abc", b"abc"),
        (b"Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n0\r\n\r\n", b"abc"),
    ],
)
def test_another_protocol_is_not_spoken_and_the_body_is_still_a_body(
    protocol: bytes, framing: bytes, sent: bytes, body: bytes
) -> None:
    found = one(post(b"Connection: Upgrade\r\nUpgrade: " + protocol + b"\r\n" + framing, sent))
    assert (found[0], found[1], found[4]) == (b"POST", b"/predict", body)
    assert b"Upgrade" not in [name for name, _value in found[3]]


@pytest.mark.parametrize("method", [b"BREW", b"B", b"get", b"PURGEALL", b"GETGET", b"a!b"])
def test_a_method_that_llhttp_does_not_know_is_a_method(method: bytes) -> None:
    assert one(method + b" /predict HTTP/1.1\r\nContent-Length: 1\r\n\r\nx")[:2] == (method, b"/predict")


@pytest.mark.parametrize(
    ("line", "connection", "kept"),
    [
        (b"GET / HTTP/1.1", b"", True),
        (b"GET / HTTP/1.1", b"keep-alive", True),
        (b"GET / HTTP/1.1", b"close", False),
        (b"GET / HTTP/1.1", b"Keep-Alive, CLOSE", False),
        (b"GET / HTTP/1.0", b"", False),
        (b"GET / HTTP/1.0", b"Keep-Alive", True),
        (b"CONNECT a.example:443 HTTP/1.1", b"keep-alive", False),
    ],
)
def test_what_keeps_a_connection(line: bytes, connection: bytes, kept: bool) -> None:
    header = b"Connection: " + connection + b"\r\n" if connection else b""
    assert read(line + b"\r\n" + header + b"\r\n")[0][2] is kept


def test_empty_lines_between_requests_are_passed_over() -> None:
    assert len(read(b"\r\n\r\n" + GET + b"\r\n", GET)) == 2


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/2.0\r\n",
        b"GET / HTTP/1.2\r\n",
        b"GET / HTTP/0.9\r\n",
        b"GET /\r\n",
        b"GET / RTSP/1.0\r\n",
        b"SOURCE / ICE/1.0\r\n",
        b"GET  / HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\nX-Folded: a\r\n b\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n",
        b"GET / HTTP/1.1\r\nX : a\r\n",
        b"GET / HTTP/1.1\r\nX: \0\r\n",
        b"GET / HTTP/1.1\r\n\xff: a\r\n",
        b"GET /\xff HTTP/1.1\r\n",
        b"GET / HTTP/1.1\nX: a\n",
        b"\x16\x03\x01 / HTTP/1.1\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -5\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: +5\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5, 5\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked, chunked\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(head: bytes) -> None:
    assert read(GET + head + b"\r\n" + GET)[1:] == [(400,)]


@pytest.mark.parametrize(
    "chunk", [b"-1\r\n", b"0x1\r\na\r\n", b"1 \r\na\r\n", b"1\na\n", b"2\r\nabc\r\n", b"f" * 20 + b"\r\n"]
)
def test_a_chunk_that_is_none_is_refused(chunk: bytes) -> None:
    assert read(post(b"Transfer-Encoding: chunked\r\n", chunk + b"0\r\n\r\n")) == [(400,)]


def test_a_head_has_a_limit_however_it_comes() -> None:
    over = b"GET / HTTP/1.1\r\nX: " + b"a" * HEAD_LIMIT_BYTES
    assert read(over + b"\r\n\r\n") == [(431,)]
    assert read(*(over[at : at + 1000] for at in range(0, len(over), 1000))) == [(431,)]
    assert read(b"GET /" + b"a" * HEAD_LIMIT_BYTES) == [(431,)]


def test_headers_have_a_limit() -> None:
    def ask(count: int) -> Found:
        return read(b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * count + b"\r\n")

    assert ask(MOST_HEADERS)[0][1] == b"/"
    assert ask(MOST_HEADERS + 1) == [(431,)]


@pytest.mark.parametrize("noise", [b"1;" + b"x" * 1000, b"0\r\n" + b"X: y\r\n" * 200])
def test_framing_without_a_body_has_a_limit(noise: bytes) -> None:
    assert read(post(b"Transfer-Encoding: chunked\r\n", b""), *[noise] + [noise[3:]] * 100) == [(400,)]


def test_a_header_that_was_sent_twice_is_told() -> None:
    reader = RequestReader()
    reader.read(post(b"X-Request-ID: a\r\nx-request-id: b\r\n", b""), 0)
    assert (reader.request_id, reader.repeated) == (b"a,b", True)


def test_a_body_in_many_pieces_takes_no_more_memory_than_its_bytes() -> None:
    reader = RequestReader()
    reader.read(post(b"Transfer-Encoding: chunked\r\n", b""), 0)
    tracemalloc.start()
    try:
        for _ in range(20):
            reader.read(b"2\r\nab\r\n" * 10_000, 0)
        held, _most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert reader.size == 400_000
    assert held < 2 * reader.size
