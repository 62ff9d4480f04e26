"""The body of a request: its type and its size, before anything reads it."""

from typing import Final

from flask import Request
from werkzeug.http import parse_options_header

from api.problem import Problem, malformed

JSON_TYPE: Final = "application/json"
ARROW_TYPE: Final = "application/vnd.apache.arrow.stream"
JSON_LIMIT_BYTES: Final = 1 << 20
BATCH_LIMIT_BYTES: Final = 16 << 20
MOST_RIDES: Final = 10_000

_UTF8: Final = frozenset({"utf-8", "utf8", "us-ascii"})


def limit_bytes(path: str) -> int:
    """The most bytes that a body may have, by the path that it is sent to."""
    return BATCH_LIMIT_BYTES if path == "/predict/batch" or path.startswith("/v2/") else JSON_LIMIT_BYTES


def json_body(request: Request) -> bytes:
    """The body of a request that must be JSON.

    Raises:
        Problem: another type (415), too large (413), or empty (400).
    """
    check_type(request.headers.get("Content-Type"), (JSON_TYPE,))
    return non_empty_body(request, "send one ride as JSON")


def non_empty_body(request: Request, wanted: str) -> bytes:
    """The body, which must hold something.

    Raises:
        Problem: it is too large (413) or empty (400).
    """
    body = request.get_data(cache=False)
    if not body:
        raise malformed(f"the body is empty; {wanted}")
    return body


def check_type(content_type: str | None, allowed: tuple[str, ...]) -> str:
    """The media type of a body, in small letters, without its parameters.

    Raises:
        Problem: it is none of those allowed, or there are two of them (415).
    """
    kind, options = parse_options_header(content_type)
    if kind.lower() not in allowed or options.get("charset", "utf-8").lower() not in _UTF8:
        found = f"not {content_type[:100]!r}" if content_type else "but none was given"
        detail = f"Content-Type must be {' or '.join(allowed)}, in UTF-8, {found}"
        raise Problem(415, "unsupported-type", "The body's type is not supported", detail)
    return kind.lower()


def check_count(rides: int) -> None:
    """Refuse more rides than one request may hold.

    Raises:
        Problem: there are too many (413).
    """
    if rides > MOST_RIDES:
        detail = f"{rides:,} rides were sent, and one request may hold {MOST_RIDES:,}; send them in several"
        raise Problem(413, "too-many-rides", "Too many rides in one request", detail)
