"""An AsyncAPI 3 document of the topics, made from the types that decode and encode them, so that it cannot be wrong."""

from importlib.metadata import version
from typing import Any, Final

import msgspec

from scoring.prediction import Prediction
from scoring.rides.ride import Ride
from scoring.settings.settings import Settings
from worker.dead_letter import REASON_HEADER, SOURCE_HEADER, VERSION_HEADER, Reason

_TEXT: Final = {"type": "string"}
_CONNECT_HEADERS: Final = ("topic", "partition", "offset", "stage", "exception.class.name", "exception.message")


def asyncapi_document(settings: Settings) -> dict[str, Any]:
    """Describe the worker's three topics and what it does with each (https://www.asyncapi.com, 3.0.0).

    Args:
        settings: whose topics and brokers are named; secrets are not.
    """
    worker = settings.worker
    schemas, components = msgspec.json.schema_components([Ride, Prediction], ref_template="#/components/schemas/{name}")
    ride, prediction = schemas
    secured = settings.kafka.security_protocol in ("SSL", "SASL_SSL")
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "ridescore worker",
            "version": version("ridescore"),
            "description": "Ride events in, predictions out, exactly once; what has no score becomes a dead letter.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            f"broker{number}": {"host": host.strip(), "protocol": "kafka-secure" if secured else "kafka"}
            for number, host in enumerate(settings.kafka.bootstrap_servers.split(","))
        },
        "channels": {
            "rides": _channel(worker.input_topic, "ride", "Ride events."),
            "predictions": _channel(worker.output_topic, "prediction", "One prediction for each ride that was scored."),
            "deadLetters": _channel(worker.dead_letter_topic, "deadLetter", "Rides that could not be scored, and why."),
        },
        "operations": {
            "scoreRides": _operation("receive", "rides", "ride"),
            "publishPredictions": _operation("send", "predictions", "prediction"),
            "publishDeadLetters": _operation("send", "deadLetters", "deadLetter"),
        },
        "components": {
            "messages": {
                "ride": {"name": "ride", "payload": ride},
                "prediction": {
                    "name": "prediction",
                    "payload": prediction,
                    "headers": _headers({SOURCE_HEADER: _TEXT, VERSION_HEADER: _TEXT}),
                },
                "deadLetter": {
                    "name": "deadLetter",
                    "contentType": "application/octet-stream",
                    "payload": {"description": "The ride event as it came, whatever it holds."},
                    "headers": _headers(
                        {f"__connect.errors.{name}": _TEXT for name in _CONNECT_HEADERS}
                        | {REASON_HEADER: {"type": "string", "enum": [reason.value for reason in Reason]}}
                    ),
                },
            },
            "schemas": components,
        },
    }


def _channel(topic: str, message: str, description: str) -> dict[str, Any]:
    return {
        "address": topic,
        "description": description,
        "messages": {message: {"$ref": f"#/components/messages/{message}"}},
    }


def _operation(action: str, channel: str, message: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{message}"}],
    }


def _headers(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": sorted(properties)}
