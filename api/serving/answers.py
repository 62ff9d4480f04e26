"""Answers as bytes: the first line, the headers that every answer has, and the length. Builds no content."""

from collections.abc import Iterable
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Final

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_PHRASES: Final = {status.value: status.phrase for status in HTTPStatus}
_OURS: Final = frozenset({"content-length", "transfer-encoding", "connection", "date", "server"})
_WITHOUT_LENGTH: Final = frozenset({204, 304})


@lru_cache(maxsize=64)
def opening(status: int, headers: tuple[tuple[str, str], ...]) -> bytes:
    """The first lines of an answer: its status and those headers that are the same each time.

    Args:
        status: of the answer.
        headers: names and values, which are ours.
    """
    first = f"HTTP/1.1 {status} {_PHRASES.get(status, 'Unknown')}\r\nServer: ridescore\r\n"
    return (first + "".join([f"{name}: {value}\r\n" for name, value in headers])).encode("latin-1")


def head_of(status: int, headers: Iterable[tuple[str, str]], length: int, *, head_alone: bool) -> tuple[bytes, bool]:
    """The head of an application's answer, but for its end and what the connection adds.

    Args:
        status: of the answer.
        headers: the application's.
        length: of the content, in bytes.
        head_alone: the method was HEAD, so that the application's own length is that of what it would have sent.

    Returns:
        The lines, and whether the application wants the connection closed.
    """
    lines = [opening(status, ())]
    close = False
    for name, value in headers:
        small = name.lower()
        if small not in _OURS:
            lines.append(f"{name}: {value}\r\n".encode("latin-1"))
        elif small == "connection":
            close = close or value.lower() == "close"
        elif small == "content-length" and head_alone:
            length = int(value)
    if status not in _WITHOUT_LENGTH:
        lines.append(b"Content-Length: %d\r\n" % length)
    return b"".join(lines), close


def date_line() -> bytes:
    """The header with the time, to the second."""
    return f"Date: {formatdate(usegmt=True)}\r\n".encode()
