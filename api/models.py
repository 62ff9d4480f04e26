"""The registry over HTTP: what versions there are, which one is active, and changing that.

Reads are as open as the other routes; writes need the bearer token, and are off where none is set.
"""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint

from api.announcer import Announcer
from api.door import Door
from api.problem import Problem
from scoring.errors import ModelError, ModelNotFound
from scoring.registry.active import Active
from scoring.registry.manifest import Manifest
from scoring.registry.registry import Registry
from scoring.scorer_source import ScorerSource
from scoring.settings.model_settings import ModelSettings

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")


def models_blueprint(settings: ModelSettings, door: Door) -> Blueprint:
    """The routes of the registry.

    Args:
        settings: where the registry is.
        door: of this process.
    """
    blueprint = Blueprint("models", __name__)

    @blueprint.get("/models")
    def models() -> dict[str, Any]:
        registry = _registry(settings)
        active = _tried(registry.active)
        return {
            "registry": registry.location,
            "active": _shown(active),
            "scoring": _scoring(door.scorers),
            "versions": [_row(registry, version, active) for version in _tried(registry.versions)],
        }

    @blueprint.post("/models/<version>/activate")
    def activate(version: str) -> dict[str, Any]:
        door.token.check_write()
        registry = _registry(settings)
        return _changed(_tried(lambda: registry.activate(version)), door.announcer)

    @blueprint.post("/models/rollback")
    def rollback() -> dict[str, Any]:
        door.token.check_write()
        return _changed(_tried(_registry(settings).rollback), door.announcer)

    return blueprint


def _registry(settings: ModelSettings) -> Registry:
    if not settings.path:
        return Registry(settings.registry)
    detail = f"this server scores with MODEL_PATH={settings.path}, which wins over the registry; unset it to use one"
    raise Problem(409, "no-registry", "This server follows no registry", detail)


def _tried(ask: Callable[[], Answer]) -> Answer:
    try:
        return ask()
    except ModelNotFound as error:
        raise Problem(404, "model-not-found", "There is no such model version", str(error)) from None
    except ModelError as error:
        raise Problem(409, "model-refused", "The model version cannot be used", str(error)) from None


def _changed(active: Active, announcer: Announcer) -> dict[str, Any]:
    log.info("the active version was set over HTTP", extra={"model_version": active.version})
    unannounced = announcer.announce(active)
    return {"active": _shown(active), "announced": not unannounced, "detail": unannounced}


def _shown(active: Active | None) -> dict[str, Any] | None:
    if active is None:
        return None
    return {"version": active.version, "previous": active.previous, "generation": active.generation}


def _scoring(scorers: ScorerSource) -> str | None:
    try:
        return scorers.current().model_version
    except ModelError:
        return None


def _row(registry: Registry, version: str, active: Active | None) -> dict[str, Any]:
    row: dict[str, Any] = {"version": version, "active": active is not None and active.version == version}
    try:
        return row | _described(registry.manifest(version))
    except ModelError as error:
        return row | {"damaged": str(error)}


def _described(manifest: Manifest) -> dict[str, Any]:
    metrics = {
        name: {"rides": each.rides, "rmse_minutes": each.rmse_minutes, "mae_minutes": each.mae_minutes}
        for name, each in manifest.metrics.items()
    }
    return {
        "created": manifest.created,
        "algorithm": manifest.algorithm,
        "kind": manifest.kind,
        "features": manifest.features,
        "metrics": metrics,
    }
