"""The document's schemas, made from the types that decode and encode; fields carry what the docstrings say of them."""

import re
from typing import Any, Final

import msgspec

from api.batch_json import BadRide
from api.body import MOST_RIDES
from api.openapi.model_answers import ModelChanged, Models
from api.openapi.operation import schema_of
from api.openapi.probe_answers import Health, Live, NotReady, Ready
from api.problem import ProblemDocument
from api.v2.messages import (
    InferenceError,
    InferenceRequest,
    InferenceResponse,
    ModelMetadata,
    ModelReady,
    ServerLive,
    ServerMetadata,
    ServerReady,
)
from scoring.prediction import Prediction
from scoring.rides.ride import Ride

_TYPES: Final = (
    Ride,
    Prediction,
    BadRide,
    ProblemDocument,
    Health,
    Live,
    Ready,
    NotReady,
    Models,
    ModelChanged,
    InferenceRequest,
    InferenceResponse,
    InferenceError,
    ServerMetadata,
    ServerLive,
    ServerReady,
    ModelMetadata,
    ModelReady,
)
# More is accepted than is scored: a bad ride is answered at its own place.
_BATCH_REQUEST: Final = {
    "title": "BatchRequest",
    "description": "Many rides.",
    "type": "object",
    "properties": {
        "rides": {
            "type": "array",
            "maxItems": MOST_RIDES,
            "items": {"anyOf": [schema_of("Ride"), {"description": "Anything else is answered with what is wrong."}]},
        }
    },
    "required": ["rides"],
}
_BATCH_ANSWER: Final = {
    "title": "BatchAnswer",
    "description": "One answer a ride, in the order of the rides.",
    "type": "object",
    "properties": {
        "predictions": {"type": "array", "items": {"anyOf": [schema_of("Prediction"), schema_of("BadRide")]}}
    },
    "required": ["predictions"],
}
_FIELD: Final = re.compile(r"^ {8}(\w+): (.+(?:\n {12}.+)*)", re.MULTILINE)


def schemas() -> dict[str, Any]:
    """Every schema by its name."""
    _, made = msgspec.json.schema_components(_TYPES, ref_template="#/components/schemas/{name}")
    described = {name: _described(schema) for name, schema in made.items()}
    return dict(sorted({**described, "BatchRequest": _BATCH_REQUEST, "BatchAnswer": _BATCH_ANSWER}.items()))


def _described(schema: dict[str, Any]) -> dict[str, Any]:
    """Part a docstring into what it says of the type and of each field."""
    about, _heading, fields = schema.get("description", "").partition("\n\n    Attributes:\n")
    properties = dict(schema["properties"])
    for name, text in _FIELD.findall(fields):
        if name in properties and "$ref" not in properties[name]:
            properties[name] = {**properties[name], "description": " ".join(text.split())}
    return {**schema, "description": " ".join(about.split()), "properties": properties}
