"""`POST /predict`, and batches, in front of Flask, which costs several times a ride's scoring.

Answers only what it answers exactly as Flask's view does, by calling the same function: everything unusual (another
route, another type, a missing token, a bug) is left to Flask. One suite runs on both.
"""

import logging
from collections.abc import Callable, Iterable
from io import BytesIO
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, TypeVar

from api.batch import answer_batch
from api.body import ARROW_TYPE, BATCH_LIMIT_BYTES, JSON_LIMIT_BYTES, JSON_TYPE
from api.door import SECURITY_HEADERS, Door
from api.predict import predict_ride
from api.problem import PROBLEM_TYPE, Problem
from scoring.prediction import encode_prediction

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

ROUTE: Final = "/predict"
BATCH_ROUTE: Final = "/predict/batch"
Headers = tuple[tuple[str, str], ...]
Answered = TypeVar("Answered")
Answer = tuple[int, Headers, str, bytes]  # status, headers that are the same each time, the request's id, body

_REASONS: Final = {200: "200 OK", 400: "400 BAD REQUEST", 503: "503 SERVICE UNAVAILABLE"}
_OK_HEADERS: Final = {kind: (("Content-Type", kind), *SECURITY_HEADERS) for kind in (JSON_TYPE, ARROW_TYPE)}
SCORED_HEADERS: Final = _OK_HEADERS[JSON_TYPE]
PROBLEM_HEADERS: Final = (("Content-Type", PROBLEM_TYPE), *SECURITY_HEADERS)


class FastPath:
    """Answers single rides.

    Args:
        door: the door of the Flask application behind.
    """

    def __init__(self, door: Door) -> None:
        self._door = door

    def answer(
        self, content_type: str | None, authorization: str | None, request_id: str | None, body: bytes
    ) -> Answer | None:
        """Answer a `POST /predict`; the server adds `X-Request-ID` and a length. None where Flask must.

        Args:
            content_type: the header.
            authorization: the header.
            request_id: the header `X-Request-ID`.
            body: the whole of it.
        """
        begun = perf_counter()
        door = self._door
        if content_type != JSON_TYPE or not body or len(body) > JSON_LIMIT_BYTES:
            return None
        if door.in_flight.count >= door.in_flight.limit:
            return None
        try:
            if door.token.is_set:
                door.token.check(authorization)
        except Problem:
            return None
        name = door.name_request(request_id)
        try:
            prediction, ride = predict_ride(door, body, name)
            answer = encode_prediction(prediction)
        except Problem as problem:
            return self._told(ROUTE, problem, name, begun)
        door.recorder.request(ROUTE, "POST", 200, perf_counter() - begun, name, prediction, ride)
        return 200, SCORED_HEADERS, name, answer

    def answer_batch(
        self, content_type: str | None, authorization: str | None, request_id: str | None, body: bytes
    ) -> Answer | None:
        """The same for a `POST /predict/batch`; takes milliseconds: call it in a thread, counted as in flight."""
        begun = perf_counter()
        door = self._door
        if content_type not in (JSON_TYPE, ARROW_TYPE) or not body or len(body) > BATCH_LIMIT_BYTES:
            return None
        try:
            door.token.check(authorization)
        except Problem:
            return None
        name = door.name_request(request_id)
        try:
            content = answer_batch(door, content_type, body, name)
        except Problem as problem:
            return self._told(BATCH_ROUTE, problem, name, begun)
        door.recorder.request(BATCH_ROUTE, "POST", 200, perf_counter() - begun, name)
        return 200, _OK_HEADERS[content_type], name, content

    def _told(self, route: str, problem: Problem, name: str, begun: float) -> Answer | None:
        if problem.status not in _REASONS:
            return None
        self._door.recorder.request(route, "POST", problem.status, perf_counter() - begun, name)
        return problem.status, (*PROBLEM_HEADERS, *problem.headers.items()), name, problem.body(name)


def tried(answer: Callable[..., Answered | None], *request: Any) -> Answered | None:
    """What a fast path answers; None where that fails: Flask meets the bug again, answers 500 and logs the trace."""
    try:
        return answer(*request)
    except Exception:
        log.debug("the fast path failed; Flask answers", exc_info=True)
        return None


def in_front(fast: FastPath, application: "WSGIApplication") -> "WSGIApplication":
    """The fast path in front of a WSGI application, for servers that speak WSGI."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"] != ROUTE or environ["REQUEST_METHOD"] != "POST":
            return application(environ, start_response)
        length = environ.get("CONTENT_LENGTH") or ""
        if not length.isdecimal() or int(length) > JSON_LIMIT_BYTES:
            return application(environ, start_response)
        body = environ["wsgi.input"].read(int(length))
        get = environ.get
        answered = None
        if len(body) == int(length):
            answered = tried(
                fast.answer, get("CONTENT_TYPE"), get("HTTP_AUTHORIZATION"), get("HTTP_X_REQUEST_ID"), body
            )
        if answered is None:
            environ["wsgi.input"] = BytesIO(body)
            return application(environ, start_response)
        status, headers, name, content = answered
        start_response(_REASONS[status], [*headers, ("X-Request-ID", name), ("Content-Length", str(len(content)))])
        return [content]

    return answer
