"""The OpenAPI document: it holds every route and no other, and what it says of them is so."""

import json
import re
from typing import Any

import jsonschema_rs
import msgspec
import pytest
import schemathesis
from flask import Flask
from pydantic import SecretStr

from api.app import create_app
from api.authorization import OPEN_ROUTES, PROBES
from api.documents import PAGE_ROUTES
from scoring.models.model import Model
from scoring.rides.decoder import decode_ride
from scoring.scorer import Scorer
from scoring.scorer_source import FixedScorer
from scoring.settings.api_settings import ApiSettings
from scoring.settings.settings import Settings, read_settings

TOKEN = "a-secret"


def app_of(trained_model: Model, token: str | None = None) -> Flask:
    found = read_settings()
    api = ApiSettings(token=SecretStr(token) if token else None)
    settings = Settings(**{**{name: getattr(found, name) for name in found.__dataclass_fields__}, "api": api})
    return create_app(settings, FixedScorer(Scorer(trained_model, "v1")))


@pytest.fixture(scope="module")
def app(trained_model: Model) -> Flask:
    return app_of(trained_model)


@pytest.fixture(scope="module")
def document(app: Flask) -> Any:
    answer = app.test_client().get("/openapi.json")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    return json.loads(answer.data)


def operations_of(document: Any) -> dict[tuple[str, str], Any]:
    return {
        (path, method.upper()): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


def test_every_route_is_documented_and_nothing_else_is(app: Flask, document: Any) -> None:
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(rule)), method)
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in {"HEAD", "OPTIONS"}
    }
    assert set(operations_of(document)) == routes
    assert len(routes) >= 20


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [node["$ref"]] if "$ref" in node else [each for value in node.values() for each in references(value)]
    return [each for value in node for each in references(value)] if isinstance(node, list) else []


def test_every_reference_leads_somewhere_and_every_schema_is_used(document: Any) -> None:
    found = set(references(document))
    for reference in found:
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
    named = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert named <= found


def test_schemathesis_and_json_schema_take_it(document: Any) -> None:
    assert document["openapi"] == "3.1.0"
    schemathesis.openapi.from_dict(document).validate()
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": document["jsonSchemaDialect"], **schema})


def test_operations_are_named_once_and_have_a_known_tag(document: Any) -> None:
    operations = operations_of(document).values()
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    tags = {tag["name"] for tag in document["tags"]}
    assert {tag for operation in operations for tag in operation["tags"]} == tags


def test_path_parameters_are_those_of_the_path(document: Any) -> None:
    for path, item in document["paths"].items():
        described = {each["name"] for each in item.get("parameters", ()) if each["in"] == "path"}
        assert described == set(re.findall(r"{(\w+)}", path))


def test_the_ride_has_the_decoders_rules(document: Any) -> None:
    ride = document["components"]["schemas"]["Ride"]
    zone = ride["properties"]["PULocationID"]
    assert (zone["type"], zone["minimum"], zone["maximum"]) == ("integer", 1, 265)
    assert "pick-up" in zone["description"]
    assert set(ride["required"]) == {"PULocationID", "DOLocationID", "trip_distance"}


def test_examples_fit_their_schemas_and_are_answered_as_documented(app: Flask, document: Any) -> None:
    client = app.test_client()
    tried = 0
    for (path, method), operation in operations_of(document).items():
        for kind, media in operation.get("requestBody", {}).get("content", {}).items():
            examples = [each["value"] for each in media.get("examples", {}).values()]
            for example in [*examples, *([media["example"]] if "example" in media else [])]:
                fits(document, media["schema"], example)
                url = path.replace("{name}", "ride-duration").replace("{version}", "v1")
                answer = client.open(url, method=method, data=msgspec.json.encode(example), content_type=kind)
                assert answer.status_code == 200, answer.data
                fits(document, operation["responses"]["200"]["content"][kind]["schema"], answer.get_json())
                tried += 1
        for media in operation["responses"].get("200", {}).get("content", {}).values():
            if "example" in media:
                fits(document, media["schema"], media["example"])
    assert tried >= 5


def fits(document: Any, schema: Any, value: Any) -> None:
    jsonschema_rs.validate({**schema, "components": document["components"]}, value)


def test_probes_and_the_registry_answer_as_documented(app: Flask, document: Any) -> None:
    client = app.test_client()
    for path in (
        "/health",
        "/live",
        "/ready",
        "/v2",
        "/v2/health/live",
        "/v2/health/ready",
        "/v2/models/ride-duration",
    ):
        answer = client.get(path)
        assert answer.status_code == 200
        schema = document["paths"][path.replace("ride-duration", "{name}")]["get"]["responses"]["200"]["content"]
        fits(document, schema["application/json"]["schema"], answer.get_json())


def test_what_schemas_refuse_the_decoder_refuses(document: Any) -> None:
    for broken in ({"PULocationID": 0}, {"DOLocationID": 1.5}, {"trip_distance": -1}, {"ride_id": ""}):
        ride = {"PULocationID": 43, "DOLocationID": 151, "trip_distance": 1.8, **broken}
        with pytest.raises(jsonschema_rs.ValidationError):
            fits(document, {"$ref": "#/components/schemas/Ride"}, ride)
        with pytest.raises(Exception, match=next(iter(broken))):
            decode_ride(msgspec.json.encode(ride))


def test_with_a_token_only_probes_and_pages_are_open(trained_model: Model) -> None:
    app = app_of(trained_model, TOKEN)
    client = app.test_client()
    assert client.get("/openapi.json").status_code == 401
    document = client.get("/openapi.json", headers={"Authorization": f"Bearer {TOKEN}"}).get_json()
    assert document["security"] == [{"bearer": []}]
    assert set(PAGE_ROUTES) | set(PROBES) == OPEN_ROUTES
    for (path, method), operation in operations_of(document).items():
        status = client.open(path, method=method).status_code
        is_open = operation.get("security") == []
        assert (is_open, status != 401) == (path in OPEN_ROUTES, path in OPEN_ROUTES), (path, status)


def test_the_page_names_no_outside_address_and_its_policy_allows_none(app: Flask) -> None:
    client = app.test_client()
    for route, (_name, kind) in PAGE_ROUTES.items():
        answer = client.get(route)
        assert (answer.status_code, answer.content_type) == (200, kind)
        assert "//" not in re.sub(r"(?m)^// .*$", "", answer.text).replace('"//"', ""), route
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'")
        assert "unsafe" not in policy
    page = client.get("/docs").text
    assert {f"/{each}" for each in re.findall(r'(?:src|href)="(docs/[^"]+)"', page)} <= set(PAGE_ROUTES)


def test_a_process_that_was_told_to_stop_is_not_ready_for_the_protocol_either(trained_model: Model) -> None:
    app = app_of(trained_model)
    client = app.test_client()
    paths = ("/v2/health/ready", "/v2/models/ride-duration/ready")
    assert [client.get(path).status_code for path in paths] == [200, 200]
    app.extensions["door"].draining = True
    assert [(answer := client.get(path)).status_code for path in paths] == [503, 503]
    assert answer.get_json() == {"name": "ride-duration", "ready": False}
