"""What the protocol refuses: 400 what cannot be read, 413 too many rides, 422 a ride that breaks a rule."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.problem import Problem

from .conftest import Ask, refused, request_of, tensor


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b"\xff",
        b'{"inputs": [], "id": "\xff"}',
        b'{"inputs": 1}',
        b'{"inputs": [], "id": 1}',
        b'{"inputs": [], "id": "\\ud800"}',
        b"[" * 100_000,
        b'{"inputs": [], "parameters": {"a": ' + b"[" * 100_000,
        b'{"inputs": [], "parameters": {"a": ' + b"9" * 10_000 + b"}}",
        b'{"inputs": [{"name": "x", "shape": [' + b"9" * 10_000 + b'], "datatype": "FP64"}]}',
    ],
)
def test_what_is_no_request_is_malformed(ask: Ask, body: bytes) -> None:
    problem = refused(ask, body)
    assert (problem.status, problem.code) == (400, "malformed")
    assert len(problem.detail) < 400


@pytest.mark.parametrize(
    ("place", "change", "told"),
    [
        (0, {"name": "PULocationid"}, "'PULocationID' is missing"),
        (1, {"name": "PULocationID"}, "'PULocationID' is given twice"),
        (0, {"shape": [3]}, "found PULocationID 3"),
        (0, {"shape": [1, 2]}, "[n] or [n, 1]"),
        (0, {"shape": []}, "[n] or [n, 1]"),
        (0, {"shape": [1] * 9}, "one of 9 dimensions"),
        (0, {"shape": [-1]}, "shape"),
        (0, {"data": [[43], [44]]}, "nested deeper"),
        (0, {"data": [43]}, "its data has 1"),
        (0, {"data": 43}, "cannot be read"),
        (0, {"data": ["43", "44"]}, "got `str`"),
        (0, {"data": [True, False]}, "got `bool`"),
        (2, {"data": [1, "3.66"]}, "got `str`"),
        (0, {"datatype": "BOOL"}, "must be of numbers"),
        (0, {"datatype": "INT9"}, "INT9"),
        (0, {"parameters": {"content_type": "base64"}}, "content_type"),
        (0, {"parameters": {"content_type": []}}, "content_type"),
        (2, {"data": [1.8] * 9}, "its data has more"),
        (0, {"parameters": {"binary_data_size": 8}}, "binary_data_size"),
    ],
)
def test_a_tensor_that_cannot_be_read_is_named(ask: Ask, place: int, change: dict[str, Any], told: str) -> None:
    request = request_of([43, 44], [151, 2], [1.8, 3])
    request["inputs"][place] |= change
    problem = refused(ask, request)
    assert (problem.status, problem.code) == (400, "malformed")
    assert told in problem.detail


def test_data_that_is_left_out(ask: Ask) -> None:
    request = request_of([43], [151], [1.8])
    del request["inputs"][1]["data"]
    assert "'DOLocationID' has no data" in refused(ask, request).detail


@pytest.mark.parametrize(
    ("column", "value", "field"),
    [
        (0, 0, "PULocationID"),
        (0, 266, "PULocationID"),
        (1, 1.5, "DOLocationID"),
        (1, None, "DOLocationID"),
        (1, 10**400, "DOLocationID"),
        (2, -0.1, "trip_distance"),
        (2, None, "trip_distance"),
        (2, 10**400, "trip_distance"),
        (2, 1.7e308, "trip_distance"),  # a valid ride, of which the model makes an infinite duration
    ],
)
def test_a_ride_that_breaks_a_rule_is_told_with_its_place(ask: Ask, column: int, value: Any, field: str) -> None:
    columns: list[list[Any]] = [[43, 44], [151, 2], [1.8, 3.0]]
    columns[column][1] = value
    problem = refused(ask, request_of(*columns))
    assert (problem.status, problem.code) == (422, "invalid-ride")
    assert problem.detail.startswith(f"ride 1: {field}: ")
    assert [error.field for error in problem.errors] == [field]


@pytest.mark.parametrize("ride_id", ["", "x" * 129, None])
def test_a_ride_id_that_breaks_the_rule(ask: Ask, ride_id: str | None) -> None:
    request = request_of([43], [151], [1.8])
    request["inputs"].append(tensor("ride_id", "BYTES", [ride_id]))
    problem = refused(ask, request)
    assert (problem.status, problem.errors[0].field) == (422, "ride_id")


def test_ride_ids_of_another_datatype(ask: Ask) -> None:
    request = request_of([43], [151], [1.8])
    request["inputs"].append(tensor("ride_id", "INT64", [1]))
    assert "must be BYTES" in refused(ask, request).detail


def test_outputs_that_there_are_not(ask: Ask) -> None:
    assert "'nope' is none of" in refused(ask, request_of([43], [151], [1.8], outputs=[{"name": "nope"}])).detail
    asked = [{"name": "duration", "parameters": {"classification": 2}}]
    assert "classification" in refused(ask, request_of([43], [151], [1.8], outputs=asked)).detail


def test_too_many_rides(ask: Ask) -> None:
    many = [43] * 10_001
    problem = refused(ask, request_of(many, many, many))
    assert (problem.status, problem.code) == (413, "too-many-rides")
    ten_thousand = [43] * 10_000
    assert len(ask(request_of(ten_thousand, ten_thousand, ten_thousand)).rides.columns) == 10_000


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


parameters = st.dictionaries(st.sampled_from(["content_type", "binary_data_size", "binary_data"]), anything)


@given(
    st.integers(0, 2),
    st.sampled_from(["name", "shape", "datatype", "data", "parameters"]),
    anything | parameters | st.sampled_from(["INT32", "BYTES", "BOOL", "ride_id"]),
)
def test_whatever_a_field_holds_there_is_an_answer_or_a_problem(ask: Ask, place: int, field: str, value: Any) -> None:
    request = request_of([43, 44], [151, 2], [1.8, 3])
    request["inputs"][place][field] = value
    met = None
    try:
        assert len(ask(request).rides.columns) == 2
    except Problem as problem:
        met = problem
    assert met is None or (met.status in {400, 413, 422} and len(met.detail) < 400)
