"""One operation of the document: what it takes, and every status that it can answer with."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.body import JSON_TYPE
from api.problem import PROBLEM_TYPE

_REQUEST_ID: Final = {"X-Request-ID": {"$ref": "#/components/headers/X-Request-ID"}}
_RETRY_AFTER: Final = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
_CHALLENGE: Final = {"WWW-Authenticate": {"$ref": "#/components/headers/WWW-Authenticate"}}
_MORE_HEADERS: Final[Mapping[int, Mapping[str, Any]]] = {401: _CHALLENGE, 503: _RETRY_AFTER}

_PROBLEMS: Final = {
    400: "The request cannot be read, or a ride breaks a rule: `malformed`, `invalid-ride`, `model-failed`.",
    401: "The bearer token is missing or wrong: `unauthorized`.",
    403: "Changes are off, since no `API_TOKEN` is set: `writes-off`.",
    404: "There is no such thing: `not-found`, `model-not-found`.",
    408: "The body took too long: `too-slow`.",
    409: "The registry cannot do it as things are: `no-registry`, `model-refused`.",
    413: "The body is too large, or holds too many rides: `too-large`, `too-many-rides`.",
    415: "The body is of another type: `unsupported-type`.",
    422: "A well-formed ride breaks a rule, or the model has no duration for it.",
    500: "A bug: `internal`. Nothing of it is told but the request's id, under which the log has the cause.",
    503: "No model is loaded (`model-unavailable`) or too many requests are in flight (`busy`); try again.",
}


def schema_of(name: str) -> dict[str, str]:
    """A reference to one of the document's schemas."""
    return {"$ref": f"#/components/schemas/{name}"}


def answer(
    description: str,
    content: Mapping[str, Any] | None = None,
    headers: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A response; every one carries the request's id."""
    response: dict[str, Any] = {"description": description, "headers": {**_REQUEST_ID, **(headers or {})}}
    return response | ({"content": dict(content)} if content else {})


def json_answer(description: str, schema: str, example: Any = None) -> dict[str, Any]:
    """A response of JSON that one of the document's schemas describes."""
    return answer(description, json_content(schema, example))


def json_content(schema: str, example: Any = None, examples: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """JSON content with its schema and examples."""
    media: dict[str, Any] = {"schema": schema_of(schema)}
    if example is not None:
        media["example"] = example
    if examples:
        media["examples"] = dict(examples)
    return {JSON_TYPE: media}


def problems(*statuses: int, protocol: bool = False) -> dict[str, Any]:
    """The responses of things that go wrong; 500 is always one.

    Args:
        statuses: the others.
        protocol: whether they have the Open Inference Protocol's form.
    """
    content = json_content("InferenceError") if protocol else {PROBLEM_TYPE: {"schema": schema_of("ProblemDocument")}}
    found: dict[str, Any] = {}
    for status in (*statuses, 500):
        about, codes, _ = _PROBLEMS[status].partition(": `")  # the protocol's errors have no codes
        told = f"{about}." if protocol and codes else _PROBLEMS[status]
        found[str(status)] = answer(told, content, _MORE_HEADERS.get(status))
    return found


def operation(
    name: str,
    tag: str,
    summary: str,
    responses: Mapping[str, Any],
    *,
    description: str = "",
    body: Mapping[str, Any] | None = None,
    parameters: Sequence[Mapping[str, Any]] = (),
    security: Sequence[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """One method of one path."""
    found: dict[str, Any] = {"operationId": name, "tags": [tag], "summary": summary}
    if description:
        found["description"] = description
    if parameters:
        found["parameters"] = list(parameters)
    if body is not None:
        found["requestBody"] = {"required": True, "content": dict(body)}
    if security is not None:
        found["security"] = list(security)
    return found | {"responses": dict(sorted(responses.items()))}
