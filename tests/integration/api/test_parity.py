"""The same ride is the same number, bit for bit, by every way in: single, batch as JSON and Arrow, V2, and the core."""

import json
from collections.abc import Sequence
from http.client import HTTPConnection
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.errors import RideError
from scoring.rides.columns import RideColumns
from scoring.rides.decoder import decode_ride
from scoring.rides.ride import Ride
from scoring.scorer import Scorer
from training.sample_rides import MONTHS

from .conftest import JSON, WAIT_SECONDS, Server, Taught

ARROW = {"Content-Type": "application/vnd.apache.arrow.stream"}
Answers = list[tuple[str, bool]]

zones = st.integers(1, 265)
miles = st.floats(0, 1e6) | st.sampled_from([0.0, -0.0, 5e-324, 293_931.0, 0.1 + 0.2, 1e17])
rides = st.lists(st.builds(Ride, zones, zones, miles), min_size=1, max_size=25)


def by_the_core(scorer: Scorer, given_rides: Sequence[Ride]) -> Answers:
    return [(each.duration.hex(), each.known_route) for each in (scorer.score(ride, "") for ride in given_rides)]


def by_singles(server: Server, given_rides: Sequence[Ride]) -> Answers:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=WAIT_SECONDS)
    found: Answers = []
    for ride in given_rides:
        connection.request("POST", "/predict", json.dumps(as_json(ride)), JSON)
        prediction = json.loads(connection.getresponse().read())
        found.append((prediction["duration"].hex(), prediction["known_route"]))
    connection.close()
    return found


def by_json(server: Server, given_rides: Sequence[Ride]) -> Answers:
    answer = server.post("/predict/batch", {"rides": [as_json(ride) for ride in given_rides]}).json()
    return [(float(each["duration"]).hex(), each["known_route"]) for each in answer["predictions"]]


def by_arrow(server: Server, given_rides: Sequence[Ride]) -> Answers:
    table = table_of(given_rides)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    answer = server.post("/predict/batch", sink.getvalue().to_pybytes(), ARROW)
    scored = pa.ipc.open_stream(answer.body).read_all()
    return [
        (duration.hex(), known)
        for duration, known in zip(scored["duration"].to_pylist(), scored["known_route"].to_pylist(), strict=True)
    ]


def by_v2(server: Server, given_rides: Sequence[Ride], model: str) -> Answers:
    columns = tensors_of(given_rides)
    inputs = [
        {"name": name, "shape": [len(given_rides)], "datatype": datatype, "data": column.tolist()}
        for name, datatype, column in columns
    ]
    outputs = server.post(f"/v2/models/{model}/infer", {"inputs": inputs}).json()["outputs"]
    return [
        (float(duration).hex(), known) for duration, known in zip(outputs[0]["data"], outputs[1]["data"], strict=True)
    ]


def by_v2_binary(server: Server, given_rides: Sequence[Ride], model: str) -> Answers:
    columns = tensors_of(given_rides)
    count = len(given_rides)
    inputs = [
        {"name": name, "shape": [count], "datatype": datatype, "parameters": {"binary_data_size": column.nbytes}}
        for name, datatype, column in columns
    ]
    content = json.dumps({"inputs": inputs, "parameters": {"binary_data_output": True}}).encode()
    body = content + b"".join(column.tobytes() for *_, column in columns)
    answer = server.post(f"/v2/models/{model}/infer", body, {"Inference-Header-Content-Length": str(len(content))})
    binary = answer.body[int(answer.headers["inference-header-content-length"]) :]
    durations, known = np.frombuffer(binary, "<f8", count), np.frombuffer(binary, "?", count, offset=8 * count)
    return [(each.hex(), bool(seen)) for each, seen in zip(durations.tolist(), known, strict=True)]


def as_json(ride: Ride) -> dict[str, Any]:
    return {
        "PULocationID": ride.PULocationID,
        "DOLocationID": ride.DOLocationID,
        "trip_distance": ride.trip_distance,
    }


def table_of(given_rides: Sequence[Ride]) -> Any:
    columns = RideColumns.of(given_rides)
    return pa.table(
        {
            "PULocationID": columns.pickup_zones,
            "DOLocationID": columns.dropoff_zones,
            "trip_distance": columns.distances_miles,
        }
    )


def tensors_of(given_rides: Sequence[Ride]) -> list[tuple[str, str, Any]]:
    columns = RideColumns.of(given_rides)
    return [
        ("PULocationID", "INT64", columns.pickup_zones),
        ("DOLocationID", "INT64", columns.dropoff_zones),
        ("trip_distance", "FP64", columns.distances_miles),
    ]


def test_any_rides_are_the_same_by_every_way(server: Server, taught: Taught) -> None:
    model = taught.scorer.model_name

    @settings(max_examples=40)
    @given(rides)
    def compare(given_rides: list[Ride]) -> None:
        expected = by_the_core(taught.scorer, given_rides)
        assert by_singles(server, given_rides) == expected
        assert by_json(server, given_rides) == expected
        assert by_arrow(server, given_rides) == expected
        assert by_v2(server, given_rides, model) == expected
        assert by_v2_binary(server, given_rides, model) == expected

    compare()


@pytest.fixture(scope="module")
def real_rides() -> list[Ride]:
    """Those of the samples that obey the rules, all of them."""
    found: list[Ride] = []
    for month in MONTHS:
        for row in pq.read_table(month, columns=["PULocationID", "DOLocationID", "trip_distance"]).to_pylist():
            try:
                found.append(decode_ride(json.dumps(row).encode()))
            except RideError:
                continue
    return found


def test_thousands_of_real_rides_are_the_same_by_every_way(
    server: Server, taught: Taught, real_rides: list[Ride]
) -> None:
    model = taught.scorer.model_name
    assert len(real_rides) > 5_000
    expected = by_the_core(taught.scorer, real_rides)
    assert len({minutes for minutes, _known in expected}) > 1_000, "they are not all alike"
    assert by_json(server, real_rides) == expected
    assert by_arrow(server, real_rides) == expected
    assert by_v2(server, real_rides, model) == expected
    assert by_v2_binary(server, real_rides, model) == expected
    assert by_singles(server, real_rides[::3]) == expected[::3]
