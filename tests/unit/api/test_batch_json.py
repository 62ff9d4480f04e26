"""A batch of JSON: each ride as it would be answered alone, whatever stands beside it."""

import json
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from api.batch_json import answer_json, decode_batch
from api.door import Door
from api.problem import Problem
from scoring.errors import InvalidRide, ModelFailed, RideError
from scoring.rides.decoder import decode_ride
from scoring.scorer import Scorer

from .rides import RIDES, SOUND_RIDES

RIDE = {"PULocationID": 10, "DOLocationID": 20, "trip_distance": 3.5}


def answers(door: Door, body: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(answer_json(door, body, "q"))["predictions"]
    return found


@given(rides=st.lists(RIDES, max_size=4))
def test_each_ride_is_answered_as_it_would_be_alone(door: Door, scorer: Scorer, rides: list[Any]) -> None:
    found = answers(door, json.dumps({"rides": rides}).encode())
    assert len(found) == len(rides)
    for index, (ride, answer) in enumerate(zip(rides, found, strict=True)):
        try:
            expected = scorer.score(decode_ride(json.dumps(ride).encode()), f"q_{index}")
        except (RideError, ModelFailed) as error:
            assert answer["index"] == index
            assert str(error) in answer["message"]  # noqa: PT017
            if isinstance(error, InvalidRide):
                assert answer["errors"] == [{"field": error.field, "reason": error.reason}]  # noqa: PT017
                assert answer["code"] == "invalid-ride"
            continue
        assert answer["duration"].hex() == expected.duration.hex()
        assert (answer["ride_id"], answer["known_route"]) == (expected.ride_id, expected.known_route)
        assert answer["model_version"] == scorer.model_version


@given(rides=st.lists(SOUND_RIDES, min_size=1, max_size=5))
def test_a_bad_ride_changes_no_other(door: Door, rides: list[Any]) -> None:
    alone = answers(door, json.dumps({"rides": rides}).encode())
    beside = answers(door, json.dumps({"rides": [*rides, {}]}).encode())
    assert [each["duration"] for each in beside[:-1]] == [each["duration"] for each in alone]
    assert beside[-1]["index"] == len(rides)


def test_a_ride_with_nan_is_bad_and_the_others_are_not(door: Door) -> None:
    found = answers(door, json.dumps({"rides": [RIDE, {**RIDE, "trip_distance": float("nan")}]}).encode())
    assert "duration" in found[0]
    assert found[1]["errors"][0]["field"] == "trip_distance"


def test_no_rides_is_no_predictions(door: Door) -> None:
    assert answers(door, b'{"rides": []}') == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"rides": 3}',
        b'{"rides": {}}',
        b'{"rides": [}',
        b'{"rides": [NaN}',
        b'{"rides": NaN}',
        b'\xff{"rides": []}',
        b'{"rides": ["\xff"]}',
        b"[" * 100_000,
        b'{"rides":' + b"[" * 100_000,
        b'{"rides": [' + b'{"NaN":' * 100_000,
    ],
)
def test_a_body_that_is_no_batch_is_malformed(door: Door, body: bytes) -> None:
    with pytest.raises(Problem) as found:
        answer_json(door, body, "q")
    assert (found.value.status, found.value.code) == (400, "malformed")


@pytest.mark.parametrize("ride", [RIDE, {}])
def test_more_than_ten_thousand_rides_are_too_many(door: Door, ride: dict[str, Any]) -> None:
    with pytest.raises(Problem) as found:
        answer_json(door, json.dumps({"rides": [ride] * 10_001}).encode(), "q")
    assert (found.value.status, found.value.code) == (413, "too-many-rides")


def test_ten_thousand_are_not(door: Door) -> None:
    assert len(answers(door, json.dumps({"rides": [RIDE] * 10_000}).encode())) == 10_000


def test_where_the_model_fails_the_ride_is_told_and_the_others_scored(door: Door) -> None:
    found = answers(door, json.dumps({"rides": [RIDE, {**RIDE, "trip_distance": 1.7e308}, RIDE]}).encode())
    assert [each.get("code") for each in found] == [None, "model-failed", None]


@given(st.binary(max_size=60))
def test_any_bytes_are_a_batch_or_a_problem(body: bytes) -> None:
    try:
        rides, bad = decode_batch(body)
    except Problem as problem:
        assert problem.status == 400  # noqa: PT017
    else:
        assert len(rides) + len(bad) >= 0


def test_the_route_takes_json_and_names_both_types_otherwise(app: Flask) -> None:
    client = app.test_client()
    answer = client.post("/predict/batch", json={"rides": [RIDE, {}]}, headers={"X-Request-ID": "q"})
    assert answer.status_code == 200
    assert [each.get("ride_id") for each in answer.json["predictions"]] == ["q_0", None]  # type: ignore[index]
    refused = client.post("/predict/batch", data=b"{}", content_type="text/csv")
    assert refused.status_code == 415
    assert "application/vnd.apache.arrow.stream" in refused.json["detail"]  # type: ignore[index]
