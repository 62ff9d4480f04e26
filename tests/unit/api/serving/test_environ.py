"""A request's target and headers as the application sees them."""

import pytest

from api.serving.environ import environ_of, path_of
from api.serving.request_reader import RequestReader


def environ(request: bytes) -> dict[str, object]:
    reader = RequestReader()
    reader.read(request, 0)
    return environ_of(reader, path_of(reader.target), ("203.0.113.9", 4711), ("ridescore", "9696"))


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/predict", "/predict", ""),
        (b"/predict?a=%20b?c", "/predict", "a=%20b?c"),
        (b"/predict#part", "/predict", ""),
        (b"/%70redict%2Fbatch", "/predict/batch", ""),
        (b"//elsewhere.example/live", "//elsewhere.example/live", ""),
        (b"http://elsewhere.example/live?x=1", "/live", "x=1"),
        (b"http://elsewhere.example", "/", ""),
        (b"http://elsewhere.example?x", "/", "x"),
        (b"*", "*", ""),
        (b"/%", "/%", ""),
        (b"/%c3%bc%ff%00", "/\xc3\xbc\xff\0", ""),
    ],
)
def test_targets(target: bytes, path: str, query: str) -> None:
    found = environ(b"GET " + target + b" HTTP/1.1\r\n\r\n")
    assert (found["PATH_INFO"], found["QUERY_STRING"]) == (path, query)


def test_a_host_and_a_port_are_no_path() -> None:
    assert environ(b"CONNECT a.example:443 HTTP/1.1\r\n\r\n")["PATH_INFO"] == ""


def test_headers() -> None:
    found = environ(
        b"POST /predict HTTP/1.1\r\nHost: x\r\ncontent-TYPE: text/plain \r\nAccept: a\r\naccept: b\r\nCookie: c\r\n"
        b"Cookie: d\r\nX_Request_ID: forged\r\nX-Name: \xfc\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
    )
    assert found["CONTENT_TYPE"] == "text/plain"
    assert (found["HTTP_ACCEPT"], found["HTTP_COOKIE"]) == ("a,b", "c;d")
    assert found["HTTP_X_NAME"] == "\xfc"
    assert "HTTP_X_REQUEST_ID" not in found
    assert "HTTP_TRANSFER_ENCODING" not in found
    assert (found["REMOTE_ADDR"], found["REMOTE_PORT"]) == ("203.0.113.9", "4711")
