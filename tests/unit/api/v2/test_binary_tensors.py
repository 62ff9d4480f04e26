"""The binary tensor extension, as Triton's and KServe's clients use it."""

import json
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.problem import Problem
from api.v2.inference import Inferred, infer
from scoring.scorer import Scorer

from .conftest import Ask, refused, request_of

zones = st.integers(1, 265)
rides = st.lists(st.tuples(zones, zones, st.floats(0, 1e6, width=32), st.text(min_size=1, max_size=9)), max_size=9)


def packed(strings: list[str]) -> bytes:
    return b"".join(struct.pack("<I", len(each.encode())) + each.encode() for each in strings)


def binary_request(columns: list[tuple[str, str, int, bytes]], **more: Any) -> tuple[dict[str, Any], bytes]:
    inputs = [
        {"name": name, "shape": [count], "datatype": datatype, "parameters": {"binary_data_size": len(raw)}}
        for name, datatype, count, raw in columns
    ]
    return {"inputs": inputs, **more}, b"".join(raw for *_, raw in columns)


def outputs_of(inferred: Inferred) -> dict[str, Any]:
    """Each output as the elements that a client would read."""
    content, rest = inferred.body[: inferred.json_length], inferred.body[inferred.json_length or len(inferred.body) :]
    found: dict[str, Any] = {}
    for output in json.loads(content)["outputs"]:
        size = output.get("parameters", {}).get("binary_data_size")
        if size is None:
            found[output["name"]] = output["data"]
            continue
        raw, rest = rest[:size], rest[size:]
        match output["datatype"]:
            case "FP64":
                found[output["name"]] = np.frombuffer(raw, "<f8").tolist()
            case "BOOL":
                found[output["name"]] = np.frombuffer(raw, "?").tolist()
            case _:
                found[output["name"]] = raw
    assert rest == b"", "every byte belongs to an output"
    return found


@given(rides, st.sampled_from(["<i8", "<i4", "<f8"]), st.sampled_from(["<f8", "<f4"]))
def test_binary_and_json_agree_bit_for_bit(ask: Ask, given_rides: list[Any], zone_type: str, mile_type: str) -> None:
    pickups, dropoffs, miles, ids = map(list, list(zip(*given_rides, strict=True)) or [(), (), (), ()])
    names = {"<i8": "INT64", "<i4": "INT32", "<f8": "FP64", "<f4": "FP32"}
    count = len(given_rides)
    request, binary = binary_request(
        [
            ("ride_id", "BYTES", count, packed(ids)),
            ("PULocationID", names[zone_type], count, np.array(pickups, zone_type).tobytes()),
            ("DOLocationID", names[zone_type], count, np.array(dropoffs, zone_type).tobytes()),
            ("trip_distance", names[mile_type], count, np.array(miles, mile_type).tobytes()),
        ],
        parameters={"binary_data_output": True},
    )
    by_json = request_of(pickups, dropoffs, miles)
    by_json["inputs"].append({"name": "ride_id", "shape": [count], "datatype": "BYTES", "data": ids})
    expected = outputs_of(ask(by_json))
    assert outputs_of(ask(request, binary)) == {**expected, "ride_id": packed(ids)}


def test_outputs_are_binary_one_by_one(ask: Ask) -> None:
    asked = [{"name": "known_route"}, {"name": "duration", "parameters": {"binary_data": True}}]
    mixed = outputs_of(ask(request_of([43], [151], [1.8], outputs=asked)))
    plain = outputs_of(ask(request_of([43], [151], [1.8])))
    assert mixed == {"known_route": plain["known_route"], "duration": plain["duration"]}
    over = [{"name": "duration", "parameters": {"binary_data": False}}]
    request = request_of([43], [151], [1.8], outputs=over, parameters={"binary_data_output": True})
    assert ask(request).json_length is None


def columns_of(**change: bytes) -> list[tuple[str, str, int, bytes]]:
    zone, miles = np.array([43], "<i8").tobytes(), np.array([1.8], "<f8").tobytes()
    raw = {"PULocationID": zone, "DOLocationID": zone, "trip_distance": miles, **change}
    types = {"trip_distance": "FP64", "ride_id": "BYTES"}
    return [(name, types.get(name, "INT64"), 1, content) for name, content in raw.items()]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"PULocationID": b"\0" * 7}, "are 8 bytes"),
        ({"ride_id": b"\0"}, "too few for a length"),
        ({"ride_id": b"\xff\0\0\0a"}, "longer than the bytes that are left"),
        ({"ride_id": b"\x01\0\0\0\xff"}, "not UTF-8"),
        ({"ride_id": packed(["a", "b"])}, "its data has 2"),
    ],
)
def test_bytes_that_cannot_be_read(ask: Ask, change: dict[str, bytes], told: str) -> None:
    problem = refused(ask, *binary_request(columns_of(**change)))
    assert (problem.status, problem.code) == (400, "malformed")
    assert told in problem.detail


@pytest.mark.parametrize("miles", [float("nan"), float("inf"), -1.0])
def test_numbers_that_break_a_rule(ask: Ask, miles: float) -> None:
    problem = refused(ask, *binary_request(columns_of(trip_distance=struct.pack("<d", miles))))
    assert (problem.status, problem.errors[0].field) == (422, "trip_distance")


def test_a_signalling_nan_of_four_bytes_is_refused_without_a_warning(ask: Ask) -> None:
    request, binary = binary_request(columns_of(trip_distance=b"\x01\x00\x80\x7f"))
    request["inputs"][2]["datatype"] = "FP32"
    assert refused(ask, request, binary).status == 422


@pytest.mark.parametrize("cut", [-1, 1])
def test_bytes_that_do_not_add_up(ask: Ask, cut: int) -> None:
    request, binary = binary_request(columns_of())
    problem = refused(ask, request, binary + b"x" if cut > 0 else binary[:cut])
    assert (problem.status, problem.code) == (400, "malformed")


@pytest.mark.parametrize("size", [-1, 1.5, True, "8", 10**30])
def test_sizes_that_are_none(ask: Ask, size: Any) -> None:
    request, binary = binary_request(columns_of())
    request["inputs"][0]["parameters"]["binary_data_size"] = size
    assert refused(ask, request, binary).status == 400


@pytest.mark.parametrize("length", ["", "x", "-1", "1.0", "9" * 30, "٣"])
def test_a_json_length_that_is_none(scorer: Scorer, length: str) -> None:
    with pytest.raises(Problem) as caught:
        infer(scorer, b"{}", length, "asked")
    assert "Inference-Header-Content-Length" in caught.value.detail
