"""The document's paths of the registry."""

from typing import Any, Final

from api.openapi.operation import json_answer, operation, problems

_TAG: Final = "models"
_VERSION: Final = {
    "name": "version",
    "in": "path",
    "required": True,
    "description": "A version of the registry, as `GET /models` tells.",
    "schema": {"type": "string", "minLength": 1},
}


def model_paths() -> dict[str, Any]:
    """The paths; where no token is set, changes are answered with 403 whatever is sent along."""
    changed = json_answer("It was, and processes follow.", "ModelChanged")
    return {
        "/models": {
            "get": operation(
                "models",
                _TAG,
                "The registry's versions",
                {"200": json_answer("All of them.", "Models"), **problems(401, 404, 409, 503)},
            )
        },
        "/models/{version}/activate": {
            "post": operation(
                "activateModel",
                _TAG,
                "Choose the version that scores",
                {"200": changed, **problems(401, 403, 404, 409, 503)},
                description="Every process loads and verifies it beside the one in force, then changes over; requests "
                "in flight keep the version they began with. Changes are off where no `API_TOKEN` is set.",
            ),
            "parameters": [_VERSION],
        },
        "/models/rollback": {
            "post": operation(
                "rollbackModel",
                _TAG,
                "Go back to the version before",
                {"200": changed, **problems(401, 403, 404, 409, 503)},
            )
        },
    }
