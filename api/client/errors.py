"""What a call to the HTTP door may raise, split by what the caller does about it.

ClientError
├ Unreachable           no answer in the time given: is the server there? try again later
├ UnexpectedAnswer      what answered is no ridescore server, or another version of one: check the address
└ Problem               the server said no, as problem+json
  ├ InvalidRequest      mend the request; `errors` names the fields
  ├ Unauthorized        give the token
  ├ Busy                later; the client has already waited as long as it may
  └ ServerFailed        a bug of the server: report it with `request_id`
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from scoring.errors import ClientError

_MOST_QUOTED: Final = 120


class Unreachable(ClientError):
    """No answer came: no connection, or none in time."""


class UnexpectedAnswer(ClientError):
    """The answer is not what a ridescore server gives."""


class Problem(ClientError):
    """The server refused, and said why.

    Attributes:
        status: of HTTP.
        code: a stable word for programs, such as ``invalid-ride``.
        title: what kind of problem it is.
        detail: what was found and what to do.
        errors: one a field at fault, as the server gave them.
        request_id: under which the server logged the request.
    """

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str,
        errors: tuple[Mapping[str, Any], ...] = (),
        request_id: str = "",
    ) -> None:
        named = f" (request {request_id})" if request_id else ""
        super().__init__(f"the server answered {status} {code}: {detail or title}{named}")
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.errors = errors
        self.request_id = request_id


class InvalidRequest(Problem):
    """The request is at fault; sending it again changes nothing."""


class Unauthorized(Problem):
    """The token is missing or wrong."""


class Busy(Problem):
    """The server cannot answer now: too many requests wait, or it has no model."""


class ServerFailed(Problem):
    """A bug of the server."""


class _Body(msgspec.Struct):
    code: str = ""
    title: str = ""
    detail: str = ""
    errors: list[dict[str, Any]] = []
    request_id: str = ""


def problem_of(status: int, body: bytes, url: str, request_id: str) -> ClientError:
    """The error that an answer other than a success stands for.

    Args:
        status: of HTTP.
        body: problem+json, or anything.
        url: that was asked, for the message.
        request_id: from the answer's header, where the body has none.
    """
    try:
        told = msgspec.json.decode(body, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        told = _Body()
    if not told.code:
        text = body[:_MOST_QUOTED].decode(errors="replace")
        return UnexpectedAnswer(f"{url} answered {status} without problem+json: {text!r}; is this a ridescore server?")
    return _kind_of(status)(
        status, told.code, told.title, told.detail, tuple(told.errors), told.request_id or request_id
    )


def _kind_of(status: int) -> type[Problem]:
    if status in {401, 403}:
        return Unauthorized
    if status in {429, 503}:
        return Busy
    return InvalidRequest if status < 500 else ServerFailed
