"""A request as a WSGI application wants it, and its path as our routes are named."""

import sys
from io import BytesIO
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from httptools import HttpParserInvalidURLError, parse_url

from api.serving.request import Request

_BARE: Final = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})


def path_of(target: bytes) -> str:
    """The decoded path of a request's target, as WSGI has it: each character is a byte. Empty where there is none."""
    return unquote_to_bytes(_split(target)[0]).decode("latin-1")


def environ_of(request: Request, path: str, address: tuple[Any, ...], server: tuple[str, str]) -> dict[str, Any]:
    """The WSGI environment of a request that is whole.

    Args:
        request: the request.
        path: from :func:`path_of`.
        address: the client's.
        server: our host and port.
    """
    body = request.body
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method.decode("latin-1"),
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": _split(request.target)[1].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": server[1],
        "SERVER_PROTOCOL": request.version.decode("latin-1"),
        "REMOTE_ADDR": str(address[0]),
        "REMOTE_PORT": str(address[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    for name, value in request.headers:
        if b"_" in name:
            continue  # `x_request_id` would pass for `x-request-id`
        key = name.decode("latin-1").upper().replace("-", "_")
        key = key if key in _BARE else f"HTTP_{key}"
        text = value.decode("latin-1").strip(" \t")
        before = environ.get(key)
        environ[key] = text if before is None else f"{before}{';' if key == 'HTTP_COOKIE' else ','}{text}"
    environ.pop("HTTP_TRANSFER_ENCODING", None)  # the body is whole by now
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def _split(target: bytes) -> tuple[bytes, bytes]:
    """Path and query, of any form of target."""
    if not target.startswith(b"/"):
        try:
            url = parse_url(target)
        except HttpParserInvalidURLError:
            return b"", b""  # `*`, or a host and a port
        path, query = url.path or b"/", url.query or b""
        return path, query
    path, _mark, query = target.partition(b"#")[0].partition(b"?")
    return path, query
