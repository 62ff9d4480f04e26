"""Bytes that are almost HTTP: sound requests cut, doubled, garbled, framed falsely and sent in pieces."""

import json
import socket
from collections.abc import Sequence

from hypothesis import strategies as st

RIDE = json.dumps({"PULocationID": 43, "DOLocationID": 151, "trip_distance": 1.8}).encode()
_BATCH = b'{"rides": [' + b",".join([RIDE] * 3) + b"]}"
_JSON = b"Content-Type: application/json\r\n"


def _post(path: bytes, body: bytes, headers: bytes = _JSON) -> bytes:
    return b"POST %s HTTP/1.1\r\nHost: x\r\n%sContent-Length: %d\r\n\r\n%s" % (path, headers, len(body), body)


def _chunked(path: bytes, chunks: Sequence[bytes]) -> bytes:
    framed = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    head = b"POST %s HTTP/1.1\r\nHost: x\r\n%sTransfer-Encoding: chunked\r\n\r\n" % (path, _JSON)
    return head + framed + b"0\r\n\r\n"


SOUND = (
    b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"HEAD /docs HTTP/1.0\r\n\r\n",
    _post(b"/predict", RIDE),
    _post(b"/predict", RIDE, _JSON + b"Expect: 100-continue\r\n"),
    _post(b"/predict/batch", _BATCH),
    _post(
        b"/predict/batch", b"\xff\xff\xff\xff" + b"\0" * 60, b"Content-Type: application/vnd.apache.arrow.stream\r\n"
    ),
    _post(b"/v2/models/ride-duration/infer", b'{"inputs": []}', b"Inference-Header-Content-Length: 14\r\n"),
    _chunked(b"/predict", [RIDE[:10], RIDE[10:]]),
    _chunked(b"/predict/batch", [bytes([each]) for each in _BATCH[:40]]),
)
_FALSE_FRAMES = (
    (b"Content-Length: ", b"Content-Length: 9"),
    (b"Content-Length: ", b"Content-Length: -"),
    (b"Content-Length: ", b"Content-Length: 99999999999999999999"),
    (b"Content-Length: ", b"Content-Length: 1\r\nContent-Length: "),
    (b"Content-Length: ", b"Transfer-Encoding: chunked\r\nContent-Length: "),
    (b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked, identity"),
    (b"Transfer-Encoding: chunked", b"Transfer-Encoding: xchunked\r\nContent-Length: 5"),
    (b"\r\n\r\n", b"\r\nX-Folded: a\r\n b\r\n\r\n"),
    (b"\r\n\r\n", b"\r\nno colon here\r\n\r\n"),
    (b"\r\n\r\n", b"\r\nX-Nul: \0\r\n\r\n"),
    (b"\r\n\r\n", b"\r\nX-Request-ID: \xff\xfe\r\nX-Request-ID: two\r\n\r\n"),
    (b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n"),
    (b"\r\n\r\n", b"\r\nAuthorization: Bearer " + b"\xc3\xbc" * 50 + b"\r\n\r\n"),
    (b"\r\n\r\n", b"\r\nX-Long: " + b"a" * 100_000 + b"\r\n\r\n"),
    (b"\r\n\r\n", b"\r\n" + b"".join(b"X-%d: 1\r\n" % each for each in range(2_000)) + b"\r\n"),
    (b"\r\n", b"\n"),
    (b"HTTP/1.1", b"HTTP/9.9"),
    (b"HTTP/1.1", b""),
    (b"POST", b"P\xc3\x96ST"),
    (b"POST", b"CONNECT"),
    (b" /", b" http://elsewhere.example/"),
    (b" /", b" /" + b"a" * 20_000),
    (b" /", b" /%00%ff%2e%2e/"),
    (b" /", b" *"),
    (b"GET /live HTTP/1.1\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    (b"\r\n0\r\n\r\n", b"\r\nffffffffffffffffff\r\n\r\n"),
    (b"\r\n0\r\n\r\n", b"\r\n-1\r\n\r\n"),
    (b"\r\n0\r\n\r\n", b"\r\n0\r\nX-Trailer: 1\r\n\r\n"),
)


@st.composite
def connections(draw: st.DrawFn) -> list[bytes]:
    """What one connection sends, in pieces: pipelined requests, each sound, garbled, cut or noise."""
    sent = b"".join(draw(st.lists(_requests(), min_size=1, max_size=4)))
    cuts = sorted(draw(st.sets(st.integers(0, len(sent)), max_size=3)))
    return [sent[start:end] for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True)]


@st.composite
def _requests(draw: st.DrawFn) -> bytes:
    request = draw(st.sampled_from(SOUND))
    match draw(st.integers(0, 5)):
        case 0:
            return request
        case 1 | 2:
            for old, new in draw(st.lists(st.sampled_from(_FALSE_FRAMES), min_size=1, max_size=3)):
                request = request.replace(old, new, 1)
            return request
        case 3:
            return request[: draw(st.integers(0, len(request)))]
        case 4:
            place = draw(st.integers(0, len(request)))
            return request[:place] + draw(st.binary(max_size=40)) + request[place + draw(st.integers(0, 9)) :]
        case _:
            return draw(st.binary(max_size=200))


def converse(port: int, pieces: Sequence[bytes], idle_seconds: float) -> bytes:
    """Send pieces on one connection; what came back until the server closed it or was silent for a while."""
    answered = b""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
            connection.settimeout(idle_seconds)
            while part := connection.recv(1 << 16):
                answered += part
        except OSError:  # closed on us while we still sent, or silent: an answer as good as any to such bytes
            pass
    return answered


def statuses(answered: bytes) -> list[int]:
    """The statuses of the answers that came back."""
    starts = answered.split(b"HTTP/1.1 ")[1:] + answered.split(b"HTTP/1.0 ")[1:]
    return [int(each[:3]) for each in starts if each[:3].isdigit()]
