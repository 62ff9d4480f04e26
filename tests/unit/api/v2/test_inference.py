"""Inference by JSON: every accepted form of a request gives the core's own numbers."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.rides.ride import Ride
from scoring.scorer import Scorer

from .conftest import Ask, request_of, tensor

zones = st.integers(1, 265)
rides = st.lists(st.tuples(zones, zones, st.floats(0, 1e6)), max_size=20)


def outputs_of(body: bytes) -> dict[str, Any]:
    return {output["name"]: output for output in json.loads(body)["outputs"]}


@given(rides)
def test_durations_are_bit_equal_to_the_core(ask: Ask, scorer: Scorer, given_rides: list[Any]) -> None:
    columns = list(zip(*given_rides, strict=True)) or [(), (), ()]
    outputs = outputs_of(ask(request_of(*columns)).body)
    expected = [scorer.score(Ride(*ride), "") for ride in given_rides]
    assert [value.hex() for value in outputs["duration"]["data"]] == [each.duration.hex() for each in expected]
    assert outputs["known_route"]["data"] == [each.known_route for each in expected]
    assert {name: (output["shape"], output["datatype"]) for name, output in outputs.items()} == {
        "duration": ([len(given_rides)], "FP64"),
        "known_route": ([len(given_rides)], "BOOL"),
        "ride_id": ([len(given_rides)], "BYTES"),
    }


def test_the_answer_names_its_model_version_and_request(ask: Ask) -> None:
    answer = json.loads(ask(request_of([43], [151], [1.8], id="42")).body)
    assert (answer["model_name"], answer["model_version"], answer["id"]) == ("ride-duration", "v1", "42")
    assert "id" not in json.loads(ask(request_of([43], [151], [1.8])).body)


@pytest.mark.parametrize(
    ("pickups", "datatype", "shape"),
    [
        ([[43], [44]], "INT64", [2, 1]),
        ([43, 44], "INT32", [2, 1]),
        ([43.0, 44.0], "FP64", [2]),
        ([43, 44], "FP32", [2]),
        ([43.0, 44], "INT64", [2]),
        ([43, 44], "UINT16", [2]),
    ],
)
def test_zones_in_every_form(ask: Ask, pickups: list[Any], datatype: str, shape: list[int]) -> None:
    plain = request_of([43, 44], [151, 2], [1.8, 3])
    other = request_of([43, 44], [151, 2], [1.8, 3])
    other["inputs"][0] |= {"data": pickups, "datatype": datatype, "shape": shape}
    assert ask(other).body == ask(plain).body


def test_only_the_outputs_that_are_asked_for(ask: Ask) -> None:
    answer = json.loads(ask(request_of([43], [151], [1.8], outputs=[{"name": "known_route"}])).body)
    assert [output["name"] for output in answer["outputs"]] == ["known_route"]
    everything = json.loads(ask(request_of([43], [151], [1.8], outputs=[])).body)
    assert [output["name"] for output in everything["outputs"]] == ["duration", "known_route", "ride_id"]


def test_ride_ids_are_echoed_or_made_from_the_request(ask: Ask) -> None:
    request = request_of([43, 44], [151, 2], [1.8, 3])
    assert outputs_of(ask(request).body)["ride_id"]["data"] == ["asked_0", "asked_1"]
    request["inputs"].append(tensor("ride_id", "BYTES", [["a"], ["ü"]], shape=[2, 1]))
    assert outputs_of(ask(request).body)["ride_id"]["data"] == ["a", "ü"]


def test_what_mlserver_clients_send(ask: Ask) -> None:
    """The dump of MLServer's own types has a null for whatever was not given; columns of no ride are ignored."""
    request: dict[str, Any] = {
        "id": None,
        "parameters": {"content_type": "pd", "headers": None},
        "inputs": [
            tensor("PULocationID", "INT64", [43], shape=[1, 1], parameters=None),
            tensor("DOLocationID", "INT64", [151], shape=[1, 1], parameters={"content_type": "np", "headers": None}),
            tensor("trip_distance", "FP64", [1.8], shape=[1, 1], parameters=None),
            tensor("lpep_pickup_datetime", "BYTES", ["2021-01-01"], shape=[1, 1], parameters={"content_type": "str"}),
        ],
        "outputs": None,
    }
    answer = json.loads(ask(request).body)
    assert answer["parameters"] == {"content_type": "pd"}
    assert answer["outputs"][0]["data"] == json.loads(ask(request_of([43], [151], [1.8])).body)["outputs"][0]["data"]
    assert outputs_of(ask(request).body)["ride_id"]["parameters"] == {"content_type": "str"}
