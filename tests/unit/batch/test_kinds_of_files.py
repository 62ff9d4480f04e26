"""What differs from file to file: types, missing columns and times, ids, CSV, no rows, URLs."""

from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .conftest import ScoreFiles, WriteRides, read_all, rides_table


@pytest.mark.parametrize(
    "zones",
    [
        pa.int32(),
        pa.int64(),
        pa.uint16(),
        pa.float64(),
        pa.float32(),
        pa.string(),
        pa.dictionary(pa.int16(), pa.string()),
    ],
)
def test_ids_of_any_type_are_read(write_rides: WriteRides, score_files: ScoreFiles, tmp_path: Path, zones: Any) -> None:
    expected = score_files(write_rides("a.parquet"), into=str(tmp_path / "expected"))
    table = rides_table(2_500)
    text = pa.types.is_string(zones) or pa.types.is_dictionary(zones)
    ids = {
        name: (table[name].cast(pa.string()).cast(zones) if text else table[name].cast(zones))
        for name in ("PULocationID", "DOLocationID")
    }
    report = score_files(write_rides("a.parquet", **ids))
    assert report.rows_quarantined == 0
    assert read_all(report.files[0].files).equals(read_all(expected.files[0].files))


def test_optional_columns_may_be_missing(score_files: ScoreFiles, tmp_path: Path) -> None:
    path = tmp_path / "bare.parquet"
    pq.write_table(pa.table({"PULocationID": [7], "DOLocationID": [8], "trip_distance": [1.5]}), path)
    report = score_files(str(path))
    found = read_all(report.files[0].files)
    assert found.column_names[-1] == "model_version", "nothing to compare with"
    assert found["pickup_datetime"].to_pylist() == [None]
    assert report.evaluation is None


def test_times_that_are_missing_spoil_no_evaluation(write_rides: WriteRides, score_files: ScoreFiles) -> None:
    table = rides_table(2_500)
    dropoffs = table["lpep_dropoff_datetime"].to_pylist()
    dropoffs[0] = dropoffs[1_700] = None
    report = score_files(write_rides("a.parquet", lpep_dropoff_datetime=pa.array(dropoffs, pa.timestamp("us"))))
    found = read_all(report.files[0].files)
    assert found["actual_duration"][0].as_py() is None
    assert found["diff"][1_700].as_py() is None
    diff = found["diff"].drop_null().to_numpy()
    assert report.evaluation is not None
    assert report.evaluation.rides == 2_498
    assert report.evaluation.rmse_minutes == pytest.approx(float(np.sqrt((diff**2).mean())), rel=1e-12)
    assert report.evaluation.mae_minutes == pytest.approx(float(np.abs(diff).mean()), rel=1e-12)
    assert report.evaluation.bias_minutes == pytest.approx(float(-diff.mean()), rel=1e-12)
    minutes = found["actual_duration"].drop_null().to_numpy()
    usual = diff[(minutes >= 1) & (minutes <= 60)]
    assert report.evaluation_usual is not None
    assert report.evaluation_usual.rides == len(usual) < 2_498
    assert report.evaluation_usual.rmse_minutes == pytest.approx(float(np.sqrt((usual**2).mean())), rel=1e-12)


def test_rides_keep_the_ids_that_they_have(write_rides: WriteRides, score_files: ScoreFiles) -> None:
    ids = [f"mine-{row}" for row in range(2_500)]
    ids[4] = None  # type: ignore[call-overload]
    ids[5] = "x" * 129
    report = score_files(write_rides("a.parquet", ride_id=pa.array(ids)))
    found = read_all(report.files[0].predictions)["ride_id"].to_pylist()
    assert found[3:6] == ["mine-3", "a_4", "mine-6"]
    assert report.rows_quarantined == 1


def test_csv_is_scored_as_parquet_is(score_files: ScoreFiles, tmp_path: Path) -> None:
    from pyarrow import csv

    whole_seconds = rides_table(2_500)
    for at, name in enumerate(("lpep_pickup_datetime", "lpep_dropoff_datetime")):
        whole_seconds = whole_seconds.set_column(at, name, whole_seconds[name].cast(pa.timestamp("s"), safe=False))
    path, text = tmp_path / "rides.parquet", tmp_path / "csv" / "rides.csv"
    pq.write_table(whole_seconds, path)
    text.parent.mkdir()
    csv.write_csv(whole_seconds, text)
    as_parquet = score_files(str(path), into=str(tmp_path / "one"))
    as_csv = score_files(str(text), into=str(tmp_path / "two"))
    assert as_csv.rows_quarantined == 0
    assert read_all(as_csv.files[0].files).equals(read_all(as_parquet.files[0].files))


@pytest.mark.parametrize("group_rows", [None, 0])
def test_a_file_without_rows_is_scored_to_none(score_files: ScoreFiles, tmp_path: Path, group_rows: int | None) -> None:
    path = tmp_path / "none.parquet"
    table = rides_table(0)
    if group_rows is None:
        with pq.ParquetWriter(path, table.schema):
            pass
    else:
        pq.write_table(table, path)
    report = score_files(str(path))
    assert (report.files[0].rows_in, report.files[0].rows_out) == (0, 0)
    assert read_all(report.files[0].files).num_rows == 0


def test_urls_are_read_and_written(write_rides: WriteRides, score_files: ScoreFiles, empty_memory: None) -> None:
    path = write_rides("a.parquet", PULocationID=pa.array(np.arange(2_500) % 300))
    fsspec.filesystem("memory").pipe_file("/landing/a.parquet", Path(path).read_bytes())
    local = score_files(path)
    report = score_files("memory://landing", into="memory://scored")
    assert (report.rows_in, report.manifest_id) == (local.rows_in, local.manifest_id)
    for ours, theirs in zip(local.files[0].files, report.files[0].files, strict=True):
        assert theirs.startswith("memory://scored/")
        assert fsspec.open(theirs).open().read() == Path(ours).read_bytes()
    again = score_files("memory://landing", into="memory://scored")
    assert [file.status for file in again.files] == ["already-scored"]
    left = [name for name in fsspec.filesystem("memory").find("/scored") if "/.staging/" in name]
    assert left == []
