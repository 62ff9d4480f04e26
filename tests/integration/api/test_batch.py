"""`POST /predict/batch` over a socket, on both layers: the numbers of the core, in both formats, and refusals alike."""

import pyarrow as pa
import pytest

from scoring.rides.columns import RideColumns
from scoring.rides.ride import Ride

from .conftest import RIDE, Server, Taught

ARROW = {"Content-Type": "application/vnd.apache.arrow.stream"}
RIDES = [Ride(number % 265 + 1, number * 7 % 265 + 1, number / 7) for number in range(1_000)]


def arrow_body() -> bytes:
    columns = RideColumns.of(RIDES)
    batch = pa.record_batch(
        {
            "PULocationID": columns.pickup_zones,
            "DOLocationID": columns.dropoff_zones,
            "trip_distance": columns.distances_miles,
        }
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    body: bytes = sink.getvalue().to_pybytes()
    return body


def test_single_batch_json_and_batch_arrow_have_the_numbers_of_the_core(server: Server, taught: Taught) -> None:
    expected = [taught.scorer.model.score_ride(ride)[0].hex() for ride in RIDES]
    sent = [
        {"PULocationID": each.PULocationID, "DOLocationID": each.DOLocationID, "trip_distance": each.trip_distance}
        for each in RIDES
    ]
    by_json = server.post("/predict/batch", {"rides": sent})
    assert [each["duration"].hex() for each in by_json.json()["predictions"]] == expected
    by_arrow = server.ask("POST", "/predict/batch", arrow_body(), ARROW)
    assert (by_arrow.status, by_arrow.headers["content-type"]) == (200, ARROW["Content-Type"])
    table = pa.ipc.open_stream(by_arrow.body).read_all()
    assert [each.hex() for each in table["duration"].to_pylist()] == expected
    alone = [server.post("/predict", ride).json()["duration"].hex() for ride in sent[:20]]
    assert alone == expected[:20]


def test_a_bad_ride_is_answered_at_its_place(server: Server) -> None:
    answer = server.post("/predict/batch", {"rides": [RIDE, {**RIDE, "trip_distance": "3"}, RIDE]})
    assert answer.status == 200
    first, bad, last = answer.json()["predictions"]
    assert (bad["index"], bad["code"], bad["errors"][0]["field"]) == (1, "invalid-ride", "trip_distance")
    assert first["ride_id"] == f"{answer.headers['x-request-id']}_0"
    assert last["ride_id"] == f"{answer.headers['x-request-id']}_2"


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"", {}, 400, "malformed"),
        (b"[]", {}, 400, "malformed"),
        (b"ARROW1", ARROW, 400, "malformed"),
        (b'{"rides": [' + b",".join([b"1"] * 10_001) + b"]}", {}, 413, "too-many-rides"),
        (b"{}", {"Content-Type": "text/csv"}, 415, "unsupported-type"),
    ],
)
def test_what_is_no_batch_is_refused(
    server: Server, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = server.ask("POST", "/predict/batch", body, headers)
    assert (answer.status, answer.json()["code"]) == (status, code)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-request-id"] == answer.json()["request_id"]


def test_get_is_405(server: Server) -> None:
    assert server.get("/predict/batch").status == 405
