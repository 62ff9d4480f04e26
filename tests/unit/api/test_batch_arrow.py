"""A batch of Arrow: the same numbers as JSON bit for bit, and nothing a stranger sends does harm."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from api.batch_arrow import SCHEMA, answer_arrow
from api.batch_json import answer_json
from api.body import ARROW_TYPE
from api.door import Door
from api.problem import Problem
from scoring.models.linear import LinearModel
from scoring.scorer import Scorer
from scoring.scorer_source import FixedScorer
from scoring.settings.settings import read_settings

ZONE = st.integers(1, 265) | st.sampled_from([0, 266, -5, None])
MILES = st.floats(0, 1e6) | st.sampled_from([-1.0, float("inf"), None, 1.7e308])
ROWS = st.lists(st.tuples(ZONE, ZONE, MILES, st.sampled_from(["", "a", "é" * 128, "x" * 129, None])), max_size=4)
IDS = pa.array([10, 20, 30])
MILE = pa.array([1.0, 2.0, 3.5])
SOUND: dict[str, Any] = {"PULocationID": IDS, "DOLocationID": IDS, "trip_distance": MILE}


def stream(columns: dict[str, Any], **options: Any) -> bytes:
    batch = pa.record_batch(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_batch(batch)
    found: bytes = sink.getvalue().to_pybytes()
    return found


def table(answer: bytes) -> Any:
    found = pa.ipc.open_stream(answer).read_all()
    found.validate(full=True)
    return found


def refusal(door: Door, body: bytes) -> Problem:
    with pytest.raises(Problem) as found:
        answer_arrow(door, body, "q")
    return found.value


@given(rows=ROWS)
def test_each_ride_has_the_number_and_the_words_that_json_gives_it(door: Door, rows: list[Any]) -> None:
    names = ("PULocationID", "DOLocationID", "trip_distance", "ride_id")
    types = (pa.int64(), pa.int64(), pa.float64(), pa.string())
    columns = {name: pa.array([row[place] for row in rows], types[place]) for place, name in enumerate(names)}
    answered = table(answer_arrow(door, stream(columns), "q")).to_pylist()
    sent = [
        {name: value for name, value in zip(names, row, strict=True) if not (name == "ride_id" and value is None)}
        for row in rows
    ]
    expected = json.loads(answer_json(door, json.dumps({"rides": sent}).encode(), "q"))["predictions"]
    assert len(answered) == len(expected)
    for row, ours, theirs in zip(rows, answered, expected, strict=True):
        if "duration" in theirs:
            assert ours["error"] is None
            assert ours["duration"].hex() == theirs["duration"].hex()
            for name in ("ride_id", "known_route", "model_version"):
                assert ours[name] == theirs[name]
        else:
            assert (ours["duration"], ours["known_route"]) == (None, None)
            # JSON has no infinity, so a ride with one is told of that before any other field at fault
            assert ours["error"] == theirs["message"] or (row[2] == float("inf") and ours["error"])


@pytest.mark.parametrize(
    "kind",
    [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(), pa.float32()],
)
def test_zones_of_any_number_type_score_alike(door: Door, kind: Any) -> None:
    columns = {**SOUND, "PULocationID": IDS.cast(kind), "DOLocationID": IDS.cast(kind)}
    assert (
        table(answer_arrow(door, stream(columns), "q"))["duration"]
        == table(answer_arrow(door, stream(SOUND), "q"))["duration"]
    )


def test_several_batches_dictionaries_and_other_columns_are_read(door: Door) -> None:
    batch = pa.record_batch(
        {
            "note": pa.array(["a", "b", "c"]).dictionary_encode(),
            "ride_id": pa.array(["x", "y", "x"]).dictionary_encode(),
            **SOUND,
            "tags": pa.array([[1], [], None], pa.list_(pa.int32())),
        }
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
        writer.write_batch(batch.slice(1))
    found = table(answer_arrow(door, sink.getvalue().to_pybytes(), "q"))
    assert found.schema == SCHEMA
    assert found["ride_id"].to_pylist() == ["x", "y", "x", "y", "x"]
    assert found["duration"].null_count == 0


def test_a_ride_without_an_id_is_named_after_its_request(door: Door) -> None:
    found = table(answer_arrow(door, stream({**SOUND, "ride_id": pa.array(["mine", None, None])}), "q"))
    assert found["ride_id"].to_pylist() == ["mine", "q_1", "q_2"]


def test_no_rides_are_no_rows(door: Door) -> None:
    assert table(answer_arrow(door, stream({name: column[:0] for name, column in SOUND.items()}), "q")).num_rows == 0


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"PULocationID": IDS, "trip_distance": MILE}, "DOLocationID"),
        ({**SOUND, "PULocationID": pa.array(["10", "20", "30"])}, "PULocationID"),
        ({**SOUND, "trip_distance": pa.array([True, False, True])}, "trip_distance"),
        ({**SOUND, "trip_distance": pa.array([[1.0], [2.0], [3.0]])}, "trip_distance"),
        ({**SOUND, "ride_id": pa.array([1, 2, 3])}, "ride_id"),
    ],
)
def test_a_column_that_is_missing_or_of_another_type_is_named(door: Door, columns: Any, field: str) -> None:
    problem = refusal(door, stream(columns))
    assert (problem.status, [each.field for each in problem.errors]) == (400, [field])


def test_a_column_that_is_there_twice_is_named(door: Door) -> None:
    names = ["PULocationID", "PULocationID", "DOLocationID", "trip_distance"]
    batch = pa.record_batch([IDS, IDS, IDS, MILE], names=names)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    assert refusal(door, sink.getvalue().to_pybytes()).errors[0].field == "PULocationID"


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_a_compressed_stream_is_refused_unread(door: Door, compression: str) -> None:
    many = pa.array(np.ones(2_000_000))
    problem = refusal(
        door, stream({"PULocationID": many, "DOLocationID": many, "trip_distance": many}, compression=compression)
    )
    assert "compressed" in problem.detail


def test_a_compressed_dictionary_is_refused(door: Door) -> None:
    ids = pa.array(["x" * 128, "y" * 128, "x" * 128]).dictionary_encode()
    assert refusal(door, stream({**SOUND, "ride_id": ids}, compression="zstd")).status == 400


def test_more_than_ten_thousand_rides_are_too_many(door: Door) -> None:
    many = pa.array(np.ones(10_001))
    problem = refusal(door, stream({"PULocationID": many, "DOLocationID": many, "trip_distance": many}))
    assert (problem.status, problem.code) == (413, "too-many-rides")


def test_a_schema_alone_is_no_rides(door: Door) -> None:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, pa.record_batch(SOUND).schema):
        pass
    assert table(answer_arrow(door, sink.getvalue().to_pybytes(), "q")).num_rows == 0


@given(st.binary(max_size=200))
def test_any_bytes_are_malformed(door: Door, body: bytes) -> None:
    try:
        answer_arrow(door, body, "q")
    except Problem as problem:
        assert problem.status in (400, 413)  # noqa: PT017


@given(data=st.data())
def test_a_damaged_stream_is_answered_or_malformed(door: Door, data: st.DataObject) -> None:
    whole = bytearray(stream({**SOUND, "ride_id": pa.array(["a", None, "c"])}))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    for body in (bytes(whole), bytes(whole[:cut])):
        try:
            table(answer_arrow(door, body, "q"))
        except Problem as problem:
            assert problem.status in (400, 413)  # noqa: PT017


def test_the_route_answers_arrow_with_arrow(app: Flask) -> None:
    answer = app.test_client().post("/predict/batch", data=stream(SOUND), content_type=ARROW_TYPE)
    assert (answer.status_code, answer.content_type) == (200, ARROW_TYPE)
    assert table(answer.data).num_rows == 3


@pytest.mark.parametrize("zones", [[], [10], [10, 20, 300], [0]])
def test_the_stream_is_what_arrow_itself_would_write(door: Door, zones: list[int]) -> None:
    zone = pa.array(zones, pa.int64())
    answer = answer_arrow(door, stream({"PULocationID": zone, "DOLocationID": zone, "trip_distance": zone}), "q")
    batches = list(pa.ipc.open_stream(answer))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, SCHEMA) as writer:
        for batch in batches:
            writer.write_batch(batch)
    assert answer == sink.getvalue().to_pybytes()


def test_each_answer_names_the_version_that_scored_it(trained_model: LinearModel) -> None:
    settings = read_settings()
    for version in ("v1", "v2", "v3", "v1"):
        door = Door(settings.api, FixedScorer(Scorer(trained_model, version)))
        assert table(answer_arrow(door, stream(SOUND), "q"))["model_version"].to_pylist() == [version] * 3
