"""The AsyncAPI document: its references lead somewhere, and it says what the decoder says."""

import json
from typing import Any

import msgspec
import pytest

from scoring.settings.settings import read_settings
from worker.asyncapi import asyncapi_document
from worker.dead_letter import Reason


@pytest.fixture
def document(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("WORKER_INPUT_TOPIC", "rides.of.mine")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "one:9092, two:9093")
    monkeypatch.setenv("KAFKA_SASL_PASSWORD", "hunter2")
    return json.loads(msgspec.json.encode(asyncapi_document(read_settings())))


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [node["$ref"]] if "$ref" in node else [each for value in node.values() for each in references(value)]
    return [each for value in node for each in references(value)] if isinstance(node, list) else []


def test_every_reference_leads_somewhere(document: Any) -> None:
    found = references(document)
    assert len(found) >= 10
    for reference in found:
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def test_channels_and_servers_are_those_of_the_settings(document: Any) -> None:
    assert document["asyncapi"] == "3.0.0"
    assert document["channels"]["rides"]["address"] == "rides.of.mine"
    assert [server["host"] for server in document["servers"].values()] == ["one:9092", "two:9093"]
    assert "hunter2" not in json.dumps(document)


def test_the_ride_has_the_decoders_rules(document: Any) -> None:
    ride = document["components"]["schemas"]["Ride"]
    assert ride["properties"]["PULocationID"] == {"type": "integer", "minimum": 1, "maximum": 265}
    assert ride["properties"]["trip_distance"] == {"type": "number", "minimum": 0}
    assert set(ride["required"]) == {"PULocationID", "DOLocationID", "trip_distance"}


def test_dead_letters_have_all_reasons(document: Any) -> None:
    headers = document["components"]["messages"]["deadLetter"]["headers"]
    assert headers["properties"]["ridescore.reason"]["enum"] == [reason.value for reason in Reason]
