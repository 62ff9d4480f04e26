"""The routes of the protocol, with and without a version: health, metadata and inference.

One model is loaded at a time; another name or version is answered with 404. Health needs no token.
"""

from importlib.metadata import version as installed_version
from time import perf_counter
from typing import Any, Final

import msgspec
from flask import Blueprint, Response, g, request

from api.body import JSON_TYPE
from api.door import Door
from api.problem import Problem, model_problem
from api.v2.binary_tensors import EXTENSION, JSON_LENGTH_HEADER
from api.v2.inference import Inferred, infer
from api.v2.messages import InferenceError, ModelMetadata, ModelReady, ServerLive, ServerMetadata, ServerReady
from api.v2.refusals import not_found, quoted
from api.v2.tensors import INPUTS, OUTPUTS
from scoring.errors import ModelError, ModelFailed
from scoring.rides.ride import SUSPECT_DISTANCE_MILES
from scoring.scorer import Scorer
from scoring.scorer_source import ScorerSource

PREFIX: Final = "/v2"
BINARY_TYPE: Final = "application/octet-stream"
_BODY_TYPES: Final = frozenset({JSON_TYPE, BINARY_TYPE, ""})  # KServe's and Triton's clients send none

_encode = msgspec.json.Encoder().encode


def is_protocol_path(path: str) -> bool:
    """Whether a path is the protocol's, so that what goes wrong there is told in the protocol's form."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def protocol_error(problem: Problem) -> bytes:
    """A problem in the protocol's form."""
    return _encode(InferenceError(problem.detail))


def v2_blueprint(door: Door) -> Blueprint:
    """The protocol's routes."""
    blueprint = Blueprint("v2", __name__, url_prefix=PREFIX)
    scorers = door.scorers
    server = _encode(ServerMetadata("ridescore", installed_version("ridescore"), [EXTENSION]))

    @blueprint.get("", strict_slashes=False)
    def metadata() -> Response:
        return _json(server)

    @blueprint.get("/health/live")
    def live() -> Response:
        return _json(_encode(ServerLive(live=True)))

    @blueprint.get("/health/ready")
    def ready() -> Response:
        is_ready = _is_ready(door)
        return _json(_encode(ServerReady(live=True, ready=is_ready)), 200 if is_ready else 503)

    @blueprint.get("/models/<name>/ready")
    @blueprint.get("/models/<name>/versions/<version>/ready")
    def model_ready(name: str, version: str | None = None) -> Response:
        if not _is_ready(door):
            return _json(_encode(ModelReady(name=name, ready=False)), 503)
        _asked(scorers, name, version)
        return _json(_encode(ModelReady(name=name, ready=True)))

    @blueprint.get("/models/<name>")
    @blueprint.get("/models/<name>/versions/<version>")
    def model_metadata(name: str, version: str | None = None) -> Response:
        scorer = _asked(scorers, name, version)
        platform = f"ridescore_{scorer.model.kind}"
        return _json(_encode(ModelMetadata(name, [scorer.model_version], platform, INPUTS, OUTPUTS)))

    @blueprint.post("/models/<name>/infer")
    @blueprint.post("/models/<name>/versions/<version>/infer")
    def model_infer(name: str, version: str | None = None) -> Response:
        _check_body_type()
        scorer = _asked(scorers, name, version)
        body = request.get_data(cache=False)
        begun = perf_counter()
        try:
            inferred = infer(scorer, body, request.headers.get(JSON_LENGTH_HEADER), g.request_id)
        except ModelFailed as error:
            door.recorder.refused()
            raise Problem(422, "model-failed", "The model has no duration for a ride", str(error)) from None
        except Problem as problem:
            if problem.status == 422:  # the ride at fault; the others of the request were not judged
                door.recorder.refused()
            raise
        _count(door, inferred, perf_counter() - begun)
        if inferred.json_length is None:
            return _json(inferred.body)
        headers = {JSON_LENGTH_HEADER: str(inferred.json_length)}
        return Response(inferred.body, headers=headers, content_type=BINARY_TYPE)

    return blueprint


def _is_ready(door: Door) -> bool:
    """As `/ready` has it: there is a model, and nobody told the process to stop."""
    try:
        door.scorers.current()
    except ModelError:
        return False
    return not door.draining


def _asked(scorers: ScorerSource, name: str, version: str | None) -> Scorer:
    """The scorer in force, if it is the one that the path names.

    Raises:
        Problem: it is another (404), or there is none (503).
    """
    try:
        scorer = scorers.current()
    except ModelError as error:
        raise model_problem(error) from None
    if name != scorer.model_name:
        raise not_found(f"no model is named {quoted(name)} here; {scorer.model_name!r} is")
    if version not in (None, scorer.model_version):
        raise not_found(f"version {quoted(str(version))} is not loaded; {scorer.model_version!r} is")
    return scorer


def _count(door: Door, inferred: Inferred, seconds: float) -> None:
    scored, miles = inferred.scored, inferred.rides.columns.distances_miles
    unknown = int((~scored.known_routes).sum())
    suspect = int((miles > SUSPECT_DISTANCE_MILES).sum())
    door.recorder.scored_many(seconds, scored.durations_minutes.tolist(), unknown, suspect, 0)


def _check_body_type() -> None:
    if request.mimetype not in _BODY_TYPES:
        raise Problem(
            415,
            "unsupported-type",
            "The body's type is not supported",
            f"Content-Type must be {JSON_TYPE}, or {BINARY_TYPE} with the binary tensor extension",
        )
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Problem(415, "unsupported-type", "The body's encoding is not supported", "send the body uncompressed")


def _json(body: Any, status: int = 200) -> Response:
    return Response(body, status, content_type=JSON_TYPE)
