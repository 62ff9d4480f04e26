"""The Flask application: blueprints by subject, and what is true of every request."""

import logging
from time import perf_counter
from typing import Final

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry
from werkzeug.exceptions import HTTPException

from api.announcer import Announcer
from api.authorization import OPEN_ROUTES
from api.batch import batch_blueprint
from api.body import BATCH_LIMIT_BYTES, JSON_TYPE, limit_bytes
from api.documents import documents_blueprint
from api.door import SECURITY_HEADERS, Door
from api.in_flight import ENTERED_KEY
from api.models import models_blueprint
from api.predict import predict_blueprint
from api.probes import probes_blueprint
from api.problem import PROBLEM_TYPE, REFUSED_KEY, Problem, bug, refused, too_large
from api.v2.routes import is_protocol_path, protocol_error, v2_blueprint
from scoring.metrics import Metrics
from scoring.scorer_source import ScorerSource
from scoring.settings.settings import Settings

log = logging.getLogger(__name__)

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH"})


def create_app(
    settings: Settings, scorers: ScorerSource, metrics: Metrics | None = None, announcer: Announcer | None = None
) -> Flask:
    """Build the application; `app.extensions["door"]` is its :class:`Door`.

    Args:
        settings: what the environment decided.
        scorers: gives the scorer in force.
        metrics: what is counted; of this application alone by default.
        announcer: tells other processes of a new active version; nobody by default.
    """
    app = Flask("ridescore", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # answers keep the order of their documentation
    door = app.extensions["door"] = Door(
        settings.api, scorers, metrics or Metrics(CollectorRegistry()), announcer or Announcer()
    )

    for blueprint in (
        predict_blueprint(door),
        batch_blueprint(door),
        probes_blueprint(door),
        v2_blueprint(door),
        documents_blueprint(token_is_set=door.token.is_set),
        models_blueprint(settings.model, door),
    ):
        app.register_blueprint(blueprint)

    _surround(app, door)
    _tell_problems(app)
    return app


def _surround(app: Flask, door: Door) -> None:
    """What comes before and after every view."""

    @app.before_request
    def begin() -> None:
        g.begun = perf_counter()
        g.request_id = door.name_request(request.headers.get("X-Request-ID"))
        g.entered = False
        route = str(request.url_rule) if request.url_rule else ""
        request.max_content_length = limit_bytes(request.path)
        if REFUSED_KEY in request.environ:
            raise refused(request.environ[REFUSED_KEY], request.max_content_length, door.settings.body_seconds)
        if route not in OPEN_ROUTES:
            door.token.check(request.headers.get("Authorization"))
            if ENTERED_KEY not in request.environ:
                door.in_flight.enter()
                g.entered = True

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.request_id
        for name, value in SECURITY_HEADERS:
            response.headers.setdefault(name, value)
        return response

    @app.after_request
    def record(response: Response) -> Response:
        route = str(request.url_rule) if request.url_rule else "other"
        method = request.method if request.method in _METHODS else "other"
        seconds = perf_counter() - g.begun
        prediction, ride = g.get("prediction"), g.get("ride")
        door.recorder.request(route, method, response.status_code, seconds, g.request_id, prediction, ride)
        return response

    @app.teardown_request
    def leave(_error: BaseException | None) -> None:
        if g.get("entered", False):
            door.in_flight.leave()


def _tell_problems(app: Flask) -> None:
    """Every failure as a problem document."""

    @app.errorhandler(Problem)
    def tell(problem: Problem) -> Response:
        if is_protocol_path(request.path):
            return Response(protocol_error(problem), problem.status, problem.headers, content_type=JSON_TYPE)
        return Response(problem.body(g.request_id), problem.status, problem.headers, content_type=PROBLEM_TYPE)

    @app.errorhandler(HTTPException)
    def translate(error: HTTPException) -> Response:
        return tell(_problem_of(error))

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        log.error("a request failed", exc_info=error, extra={"request_id": g.request_id})
        return tell(bug())


def _problem_of(error: HTTPException) -> Problem:
    allow = {name: value for name, value in error.get_headers() if name == "Allow"}
    match error.code:
        case 404:
            return Problem(404, "not-found", "No such route", "see /openapi.json for the routes")
        case 405:
            detail = f"this route answers {allow.get('Allow', '')}, not {request.method[:20]}"
            return Problem(405, "method-not-allowed", "The route has no such method", detail, headers=allow)
        case 413:
            return too_large(request.max_content_length or BATCH_LIMIT_BYTES)
        case code:
            title = error.name
            return Problem(code or 500, title.lower().replace(" ", "-"), title, error.description or title)
