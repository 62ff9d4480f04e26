"""`/health`, `/live`, `/ready`: what people and orchestrators ask; `/metrics` for Prometheus.

None of them needs the token, and none waits for anything.
"""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response

from api.door import Door
from api.metrics_page import metrics_page
from scoring.errors import ModelError
from scoring.prediction import rfc3339


def probes_blueprint(door: Door) -> Blueprint:
    """The routes of probes and metrics."""
    blueprint = Blueprint("probes", __name__)
    scorers = door.scorers
    up_since = rfc3339(datetime.now(UTC))

    @blueprint.get("/health")
    def health() -> tuple[dict[str, Any], int]:
        answer: dict[str, Any] = {"status": "healthy", "model_version": None, "service_up_since": up_since}
        model = {"status": "healthy", "detail": scorers.problem}
        try:
            answer["model_version"] = scorers.current().model_version
            if scorers.problem:
                answer["status"] = model["status"] = "degraded"
        except ModelError as error:
            answer["status"] = model["status"] = "unavailable"
            model["detail"] = str(error)
        redis: dict[str, Any] = {"status": door.announcer.redis_state()}
        if redis["status"] == "down":
            redis["detail"] = "new versions are seen a poll later"
            if answer["status"] == "healthy":
                answer["status"] = "degraded"
        answer["dependencies"] = {"model": model, "redis": redis}
        return answer, 503 if answer["status"] == "unavailable" else 200

    @blueprint.get("/live")
    def live() -> dict[str, str]:
        return {"status": "ok"}

    @blueprint.get("/ready")
    def ready() -> tuple[dict[str, str], int]:
        if door.draining:
            return {"status": "unavailable", "detail": "told to stop"}, 503
        try:
            return {"status": "ok", "model_version": scorers.current().model_version}, 200
        except ModelError as error:
            return {"status": "unavailable", "detail": str(error)}, 503

    @blueprint.get("/metrics")
    def metrics() -> Response:
        door.recorder.flush()
        text, kind = metrics_page(door.metrics.registry)
        return Response(text, content_type=kind)

    return blueprint
