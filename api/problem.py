"""What goes wrong, told one way: `application/problem+json` (RFC 9457), with `error` and `message` for older clients.

Views raise a Problem; the application renders it. No input and no trace is ever echoed but a bounded description of the
field at fault.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from scoring.errors import InvalidRide, ModelError, ModelFailed, RideError

PROBLEM_TYPE: Final = "application/problem+json"
REFUSED_KEY: Final = "ridescore.refused"  # in a WSGI environ: the status of a body that could not be received
RETRY_SECONDS: Final = "1"


class FieldError(msgspec.Struct, frozen=True, gc=False):
    """One field at fault.

    Attributes:
        field: its wire name, such as `trip_distance`; empty where the whole body is at fault.
        reason: what is wrong with it.
    """

    field: str
    reason: str


class ProblemDocument(msgspec.Struct, frozen=True, gc=False):
    """The body of every answer that is not a success.

    Attributes:
        type: a name of the kind of problem that never changes.
        title: the kind of problem, for people.
        status: the HTTP status.
        detail: what was found this time, and what to do.
        code: the kind of problem, for programs.
        request_id: as in `X-Request-ID`; logs hold it.
        errors: the fields at fault, where fields are.
        error: the title again, which clients of the course notes read.
        message: the detail again, likewise.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: Sequence[FieldError]
    error: str
    message: str


_encode = msgspec.json.Encoder().encode


class Problem(Exception):
    """An answer that is not a success.

    Args:
        status: the HTTP status.
        code: the kind of problem for programs, such as `invalid-ride`.
        title: the same for people.
        detail: what was found and what to do; bounded in length, for it goes to whoever asked.
        errors: the fields at fault.
        headers: more headers of the answer, such as `Retry-After`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})

    def body(self, request_id: str) -> bytes:
        """The answer's body, JSON."""
        return _encode(
            ProblemDocument(
                f"urn:ridescore:problem:{self.code}",
                self.title,
                self.status,
                self.detail,
                self.code,
                request_id,
                self.errors,
                self.title,
                self.detail,
            )
        )


def ride_problem(error: RideError, status: int = 400) -> Problem:
    """The answer to a ride that cannot be scored: `invalid-ride` with the field, or `malformed`."""
    if isinstance(error, InvalidRide):
        errors = [FieldError(error.field, error.reason)]
        return Problem(status, "invalid-ride", "The ride breaks a rule", str(error), errors=errors)
    return malformed(f"the body is no ride: {error}")


def malformed(detail: str) -> Problem:
    """The answer to a body that cannot be read."""
    return Problem(400, "malformed", "The body cannot be read", detail, errors=[FieldError("", detail)])


def model_problem(error: ModelError) -> Problem:
    """The answer where the model is missing, or failed on the ride."""
    if isinstance(error, ModelFailed):
        return Problem(400, "model-failed", "The model has no duration for this ride", str(error))
    retry = {"Retry-After": "5"}
    return Problem(503, "model-unavailable", "No model is loaded", str(error), headers=retry)


def too_large(limit_bytes: int) -> Problem:
    """The answer to a body over the limit."""
    detail = f"the body is larger than {limit_bytes:,} bytes; send rides in several requests"
    return Problem(413, "too-large", "The body is too large", detail)


def too_slow(seconds: float) -> Problem:
    """The answer to a body that does not arrive in time."""
    detail = f"the body did not arrive within {seconds:g} seconds"
    return Problem(408, "too-slow", "The body took too long", detail, headers={"Connection": "close"})


def busy(limit: int) -> Problem:
    """The answer where too many requests wait already."""
    detail = f"{limit} requests are being answered already; try again in a moment"
    return Problem(503, "busy", "Too many requests at a time", detail, headers={"Retry-After": RETRY_SECONDS})


def refused(status: int, limit_bytes: int, seconds: float) -> Problem:
    """The answer to a body that a server could not receive.

    Args:
        status: 413, 408, 503, or 400 where it broke off.
        limit_bytes: how large it might have been.
        seconds: how long it might have taken.
    """
    match status:
        case 413:
            return too_large(limit_bytes)
        case 408:
            return too_slow(seconds)
        case 503:
            detail = "too many requests wait already; try again in a moment"
            return Problem(503, "busy", "Too many requests at a time", detail, headers={"Retry-After": RETRY_SECONDS})
        case _:
            return malformed("the body did not arrive whole")


def unreadable(status: int, detail: str) -> Problem:
    """The answer to what is no request: 400, 431 where its head is too large, 408 where it did not arrive in time."""
    match status:
        case 431:
            return Problem(431, "head-too-large", "The request's head is too large", detail)
        case 408:
            return Problem(408, "too-slow", "The request took too long", detail)
        case _:
            return Problem(400, "bad-request", "This is no request", detail)


def bug() -> Problem:
    """The answer to what should not have happened: nothing of it is told but the request's id."""
    detail = "the server failed; its log has the cause under this request's id"
    return Problem(500, "internal", "Internal server error", detail)
