"""The document's paths of the Open Inference Protocol."""

from typing import Any, Final

from api.body import JSON_TYPE
from api.openapi.operation import answer, json_answer, json_content, operation, problems, schema_of
from api.v2.binary_tensors import JSON_LENGTH_HEADER
from api.v2.routes import BINARY_TYPE

_TAG: Final = "open inference protocol"
_NAME: Final = {
    "name": "name",
    "in": "path",
    "required": True,
    "description": "The model's name, which `GET /v2/models/{name}` and a version's manifest tell.",
    "schema": {"type": "string", "minLength": 1},
    "example": "ride-duration",
}
_VERSION: Final = {
    "name": "version",
    "in": "path",
    "required": True,
    "description": "The version; only the one that is loaded can be asked.",
    "schema": {"type": "string", "minLength": 1},
}
_JSON_LENGTH: Final = {
    "name": JSON_LENGTH_HEADER,
    "in": "header",
    "required": False,
    "description": "Where the JSON ends and binary tensors begin, in bytes; left out, the whole body is JSON.",
    "schema": {"type": "integer", "minimum": 0},
}
INFERENCE_EXAMPLE: Final = {
    "id": "42",
    "inputs": [
        {"name": "PULocationID", "shape": [2], "datatype": "INT64", "data": [43, 166]},
        {"name": "DOLocationID", "shape": [2], "datatype": "INT64", "data": [151, 239]},
        {"name": "trip_distance", "shape": [2], "datatype": "FP64", "data": [1.8, 2.5]},
    ],
    "outputs": [{"name": "duration"}],
}
_ANSWER_EXAMPLE: Final = {
    "model_name": "ride-duration",
    "model_version": "20261122-151307-be02f6",
    "id": "42",
    "outputs": [{"name": "duration", "shape": [2], "datatype": "FP64", "data": [9.87, 13.42]}],
}


def v2_paths(open_to_all: list[dict[str, Any]]) -> dict[str, Any]:
    """The paths.

    Args:
        open_to_all: the security of routes that need no token.
    """
    paths: dict[str, Any] = {
        "/v2": {
            "get": operation(
                "v2Server",
                _TAG,
                "What this server is",
                {
                    "200": json_answer("Name, version, extensions.", "ServerMetadata"),
                    **problems(401, 503, protocol=True),
                },
            )
        },
        "/v2/health/live": {
            "get": operation(
                "v2Live",
                _TAG,
                "Whether the server answers",
                {"200": json_answer("It does.", "ServerLive"), **problems(protocol=True)},
                security=open_to_all,
            )
        },
        "/v2/health/ready": {
            "get": operation(
                "v2Ready",
                _TAG,
                "Whether there is a model to ask",
                {
                    "200": json_answer("There is.", "ServerReady"),
                    "503": json_answer("There is none yet.", "ServerReady"),
                    **problems(protocol=True),
                },
                security=open_to_all,
            )
        },
    }
    for suffix, parameters in (("", [_NAME]), ("/versions/{version}", [_NAME, _VERSION])):
        word = "Version" if suffix else ""
        model = f"/v2/models/{{name}}{suffix}"
        paths[model] = {"get": _metadata(word), "parameters": parameters}
        paths[f"{model}/ready"] = {"get": _ready(word), "parameters": parameters}
        paths[f"{model}/infer"] = {"post": _infer(word), "parameters": parameters}
    return paths


def _metadata(word: str) -> dict[str, Any]:
    return operation(
        f"v2Model{word}",
        _TAG,
        "What the model takes and gives",
        {"200": json_answer("Its tensors.", "ModelMetadata"), **problems(401, 404, 503, protocol=True)},
    )


def _ready(word: str) -> dict[str, Any]:
    not_ready = {"oneOf": [schema_of("ModelReady"), schema_of("InferenceError")]}
    failed = problems(401, 404, 503, protocol=True)
    failed["503"] = {**failed["503"], "content": {JSON_TYPE: {"schema": not_ready}}}
    failed["503"].update(description="No model is loaded yet, or too many requests are in flight.")
    failed["503"].update(headers=answer("")["headers"])
    return operation(
        f"v2Model{word}Ready",
        _TAG,
        "Whether the model can be asked",
        {"200": json_answer("It can.", "ModelReady"), **failed},
    )


def _infer(word: str) -> dict[str, Any]:
    length = {JSON_LENGTH_HEADER: {"schema": {"type": "integer"}, "description": "Where the JSON of the answer ends."}}
    content = json_content("InferenceResponse", _ANSWER_EXAMPLE)
    return operation(
        f"v2Infer{word}",
        _TAG,
        "Score up to 10,000 rides as tensors",
        {
            "200": answer("One element a ride, in order.", {**content, BINARY_TYPE: {}}, length),
            **problems(400, 401, 404, 408, 413, 415, 422, 503, protocol=True),
        },
        description="Inputs are the fields of a ride: `PULocationID`, `DOLocationID` (any datatype of numbers, whole "
        "ones), `trip_distance` (likewise) and, if you like, `ride_id` (`BYTES`), each of shape [n] or [n, 1], "
        "flat or nested. Others are ignored. Outputs are `duration` in minutes (`FP64`), `known_route` (`BOOL`) and "
        "`ride_id` (`BYTES`). 422 names the first ride that breaks a rule; nothing is scored then. The binary tensor "
        "extension is supported, both ways.",
        body={**json_content("InferenceRequest", INFERENCE_EXAMPLE), BINARY_TYPE: {}},
        parameters=[_JSON_LENGTH],
    )
