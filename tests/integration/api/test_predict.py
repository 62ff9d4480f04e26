"""`POST /predict` as clients of the course notes call it, and as nobody should."""

import json
from typing import Any

import pytest

from .conftest import RIDE, Server, Taught


def test_the_course_notes_call_works_unchanged(server: Server, taught: Taught) -> None:
    answer = server.post("/predict", RIDE)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    prediction = answer.json()
    assert prediction["model_version"] == taught.scorer.model_version
    assert prediction["known_route"] is True
    assert prediction["prediction_time"].endswith("Z")
    assert prediction["ride_id"] == answer.headers["x-request-id"], "a ride without an id is named after its request"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"PULocationID": "10"}, "PULocationID"),
        ({"DOLocationID": 266}, "DOLocationID"),
        ({"trip_distance": -1}, "trip_distance"),
        ({"trip_distance": None}, "trip_distance"),
        ({"ride_id": ""}, "ride_id"),
    ],
)
def test_a_ride_that_breaks_a_rule_is_told_its_field(server: Server, change: dict[str, Any], field: str) -> None:
    answer = server.post("/predict", {**RIDE, **change})
    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert [each["field"] for each in problem["errors"]] == [field]
    assert (problem["code"], problem["status"]) == ("invalid-ride", 400)
    assert problem["error"] == problem["title"]
    assert problem["message"] == problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 5000, b'{"a":' * 5000])
def test_a_body_that_is_no_ride_is_malformed(server: Server, body: bytes) -> None:
    answer = server.post("/predict", body)
    assert (answer.status, answer.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "9" * 400])
def test_what_is_no_finite_number_is_refused(server: Server, number: str) -> None:
    body = json.dumps(RIDE).replace("3.5", number).encode()
    answer = server.post("/predict", body)
    assert (answer.status, [each["field"] for each in answer.json()["errors"]]) == (400, ["trip_distance"])
