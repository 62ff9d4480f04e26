"""Heads of answers."""

from api.serving.answers import head_of, opening


def lines(head: bytes) -> list[str]:
    return head.decode("latin-1").split("\r\n")


def test_an_application_s_own_framing_is_left_out() -> None:
    given = [("Content-Length", "99"), ("Transfer-Encoding", "chunked"), ("X-Name", "ü"), ("Date", "now")]
    head, close = head_of(200, given, 7, head_alone=False)
    assert lines(head) == ["HTTP/1.1 200 OK", "Server: ridescore", "X-Name: ü", "Content-Length: 7", ""]
    assert not close


def test_an_application_may_close() -> None:
    head, close = head_of(408, [("Connection", "Close")], 0, head_alone=False)
    assert close
    assert b"Connection" not in head


def test_head_tells_the_length_that_the_content_would_have() -> None:
    assert b"Content-Length: 99\r\n" in head_of(200, [("content-length", "99")], 0, head_alone=True)[0]


def test_what_may_have_no_content_has_no_length() -> None:
    assert b"Content-Length" not in head_of(304, [], 0, head_alone=False)[0]


def test_a_status_without_a_name_is_a_status() -> None:
    assert opening(599, ()).startswith(b"HTTP/1.1 599 Unknown\r\n")
