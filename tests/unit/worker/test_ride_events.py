"""From files of rides to ride events: values go out as the file has them, ids are stable."""

import io
import json
import math
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring.errors import RideFileError
from scoring.rides import files
from scoring.rides.dialect import Column
from worker.ride_events import RideEvent, events_of_file, events_of_lines, rows_of_file


def parquet(folder: Path, **columns: object) -> str:
    usual = {"PULocationID": [43, 166], "DOLocationID": [151, 239], "trip_distance": [1.8, 2.0]}
    path = folder / "green_2021-01.parquet"
    pq.write_table(pa.table(usual | columns), path)
    return str(path)


def values(events: list[RideEvent]) -> list[dict[str, object]]:
    return [json.loads(event.value) for event in events]


def test_rows_of_parquet_are_named_by_file_and_row(tmp_path: Path) -> None:
    events = list(events_of_file(parquet(tmp_path)))
    assert [event.key for event in events] == [b"green_2021-01_0", b"green_2021-01_1"]
    assert values(events)[1] == {
        "ride_id": "green_2021-01_1",
        "PULocationID": 166,
        "DOLocationID": 239,
        "trip_distance": 2.0,
    }


def test_rows_are_numbered_through_the_whole_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BATCH_ROWS", 3)
    table = pa.table({name: list(range(1, 8)) for name in ("PULocationID", "DOLocationID", "trip_distance")})
    pq.write_table(table, tmp_path / "rides.parquet")
    path = str(tmp_path / "rides.parquet")
    assert [event.key for event in events_of_file(path)] == [f"rides_{row}".encode() for row in range(7)]
    assert rows_of_file(path) == 7


def test_a_files_own_ids_are_kept(tmp_path: Path) -> None:
    events = list(events_of_file(parquet(tmp_path, ride_id=["a", "é"])))
    assert [event.key for event in events] == [b"a", "é".encode()]
    assert [ride["ride_id"] for ride in values(events)] == ["a", "é"]


def test_a_row_whose_id_is_null_is_named_by_its_place(tmp_path: Path) -> None:
    events = list(events_of_file(parquet(tmp_path, ride_id=["a", None])))
    assert [event.key for event in events] == [b"a", b"green_2021-01_1"]
    assert [ride["ride_id"] for ride in values(events)] == ["a", "green_2021-01_1"]


def test_broken_rows_go_out_as_they_are(tmp_path: Path) -> None:
    """What is wrong with them is for the worker to say; NaN and infinity have no JSON but null."""
    path = parquet(
        tmp_path,
        PULocationID=[None, 43.5, 999.0, -1.0],
        DOLocationID=[151, 151, 151, 151],
        trip_distance=[math.nan, math.inf, None, -3.0],
    )
    rides = values(list(events_of_file(path)))
    assert [ride["PULocationID"] for ride in rides] == [None, 43.5, 999.0, -1.0]
    assert [ride["trip_distance"] for ride in rides] == [None, None, None, -3.0]


def test_text_of_csv_becomes_numbers_where_it_is_one(tmp_path: Path) -> None:
    path = tmp_path / "rides.csv"
    path.write_text("PULocationID,DOLocationID,trip_distance,ride_id\n43,151,1.8,17\n166,x,,b\n 7 ,8,1e2,c\n")
    events = list(events_of_file(str(path)))
    assert [event.key for event in events] == [b"17", b"b", b"c"], "an id that looks like a number stays text"
    assert values(events) == [
        {"ride_id": "17", "PULocationID": 43.0, "DOLocationID": 151.0, "trip_distance": 1.8},
        {"ride_id": "b", "PULocationID": 166.0, "DOLocationID": "x", "trip_distance": None},
        {"ride_id": "c", "PULocationID": 7.0, "DOLocationID": 8.0, "trip_distance": 100.0},
    ]
    assert rows_of_file(str(path)) is None, "only reading tells"


def test_columns_of_another_dialect_and_names_given(tmp_path: Path) -> None:
    path = tmp_path / "trips.csv"
    path.write_text("from,dropoff_location_id,trip_miles\n43,151,1.8\n")
    events = list(events_of_file(str(path), {Column.PULocationID: "from"}))
    assert values(events) == [{"ride_id": "trips_0", "PULocationID": 43.0, "DOLocationID": 151.0, "trip_distance": 1.8}]
    with pytest.raises(RideFileError, match="PULocationID"):
        list(events_of_file(str(path)))


@pytest.mark.parametrize("ending", ["jsonl", "ndjson", "json", "JSONL"])
def test_files_of_json_lines_are_named_by_their_stem(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"rides.{ending}"
    path.write_bytes(b'{"a": 1}\n{"ride_id": "x"}\n')
    assert [event.key for event in events_of_file(str(path))] == [b"rides_0", b"x"]
    assert rows_of_file(str(path)) is None


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    for name in ("none.jsonl", "none.parquet"):
        with pytest.raises(RideFileError, match=f"there is no file .*{name}"):
            list(events_of_file(str(tmp_path / name)))


def test_lines_without_an_id_are_given_one_and_else_stay_as_they_are() -> None:
    line = b'{"PULocationID": 43.0, "trip_distance": 1.80, "extra": {"b": [1e400]}}'
    (event,) = events_of_lines([line], "stdin")
    assert event.key == b"stdin_0"
    assert event.value.startswith(b'{"ride_id":"stdin_0",')
    assert b"1.80" in event.value
    assert b'{"b": [1e400]}' in event.value


def test_lines_with_an_id_go_out_byte_for_byte() -> None:
    line = b'{ "trip_distance":1.80,"ride_id" : "mine" }'
    assert list(events_of_lines([line + b"\r\n"], "stdin")) == [RideEvent(b"mine", line)]


@pytest.mark.parametrize(
    "line",
    [
        b"not json",
        b"[1, 2]",
        b"null",
        b'{"ride_id": 17}',
        b'{"ride_id": null}',
        b'{"a": 1',
        b"\xff\xfe",
        b'{"ride_id": "\\ud800"}',
        b"[" * 5_000,
        b'{"ride_id": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    ],
    ids=["text", "list", "null", "number id", "null id", "cut", "bytes", "surrogate id", "deep", "deep id"],
)
def test_broken_lines_go_out_as_they_are_under_their_number(line: bytes) -> None:
    assert list(events_of_lines([b"{}", line], "stdin"))[1] == RideEvent(b"stdin_1", line)


def test_blank_lines_are_skipped_and_counted_as_lines() -> None:
    lines = io.BytesIO(b"\n  \n{}\n\n{}")
    assert [event.key for event in events_of_lines(lines, "stdin")] == [b"stdin_2", b"stdin_4"]
