"""A whole run: rows in are rows out and quarantined, in order, with the numbers of the core."""

from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from prometheus_client import CollectorRegistry

from batch.reader import prediction_paths
from batch.run import score
from scoring.errors import ModelFailed, OutputBusy, RideFileError
from scoring.metrics import Metrics
from scoring.models.model import Model
from scoring.rides.columns import RideColumns
from scoring.rides.dialect import Column
from scoring.rides.ride import Ride
from scoring.scorer import Scorer
from scoring.scorer_source import FixedScorer
from scoring.settings.batch_settings import BatchSettings
from training.sample_rides import MONTHS

from .conftest import VERSION, ScoreFiles, WriteRides, files_of, read_all, rides_table


def test_each_row_comes_out_once_and_in_order_with_the_number_of_the_core(
    score_files: ScoreFiles, output: str, scorer: Scorer
) -> None:
    report = score_files(*map(str, MONTHS))
    assert [file.rows_in for file in report.files] == [3_000, 1_000, 2_000]
    for month, file in zip(MONTHS, report.files, strict=True):
        assert file.rows_in == file.rows_out + file.rows_quarantined
        found = read_all(file.predictions)
        given = pq.read_table(month)
        assert found["ride_id"].to_pylist() == [f"{month.stem}_{row}" for row in range(file.rows_in)]
        assert found["pickup_datetime"].equals(given["lpep_pickup_datetime"])
        for name in ("PULocationID", "DOLocationID", "trip_distance"):
            assert found[name].equals(given[name])
        rides = map(Ride, *(given[name].to_pylist() for name in ("PULocationID", "DOLocationID", "trip_distance")))
        expected = [scorer.score(ride, "") for ride in rides]
        assert found["predicted_duration"].to_pylist() == [each.duration for each in expected]
        assert found["known_route"].to_pylist() == [each.known_route for each in expected]
        assert set(found["model_version"].to_pylist()) == {VERSION}
        minutes = (
            pc.subtract(given["lpep_dropoff_datetime"], given["lpep_pickup_datetime"]).cast("int64").to_numpy() / 60e6
        )
        assert found["actual_duration"].to_numpy().tolist() == minutes.tolist()
        assert found["diff"].to_numpy().tolist() == (minutes - found["predicted_duration"].to_numpy()).tolist()


def test_any_number_of_processes_writes_the_same_bytes(
    write_rides: WriteRides, score_files: ScoreFiles, tmp_path: Path
) -> None:
    path = write_rides("a.parquet", rows=5_200, PULocationID=pa.array(np.arange(5_200) % 300))
    alone, together = str(tmp_path / "alone"), str(tmp_path / "together")
    one = score_files(path, into=alone, processes=1)
    many = score_files(path, into=together, processes=3)
    assert files_of(alone) == files_of(together)
    assert len(files_of(alone)) == 12, "six parts, each with a few quarantined rows"
    assert one.manifest_id == many.manifest_id
    assert (one.evaluation, one.evaluation_usual) == (many.evaluation, many.evaluation_usual)


def test_a_rerun_adds_nothing(write_rides: WriteRides, score_files: ScoreFiles, output: str) -> None:
    path = write_rides("a.parquet")
    first, before = score_files(path), files_of(output)
    again = score_files(path)
    assert files_of(output) == before
    assert (again.manifest_id, again.rows_in, again.evaluation) == (None, 0, None)
    (file,) = again.files
    assert (file.status, file.rows_in, file.manifest_id) == ("already-scored", 2_500, first.manifest_id)


def test_overwriting_scores_again_and_only_the_latest_counts(
    write_rides: WriteRides, score_files: ScoreFiles, output: str
) -> None:
    path = write_rides("a.parquet", meters=pa.array(np.arange(2_500, dtype=float)))
    score_files(path)
    before = prediction_paths(output)
    report = score_files(path, overwrite=True, columns={Column.TRIP_DISTANCE: "meters"})
    after = prediction_paths(output)
    assert [file.status for file in report.files] == ["scored"]
    assert len(before) == len(after) == 3
    assert not set(before) & set(after)
    assert all(Path(each).exists() for each in before), "a reader may still be at them"
    assert read_all(after)["trip_distance"].to_pylist() == list(range(2_500))
    score_files(path)
    assert not any(Path(each).exists() for each in before), "the next run removes them"
    assert prediction_paths(output) == after


def test_versions_stand_side_by_side(
    write_rides: WriteRides, score_files: ScoreFiles, output: str, trained_model: Model
) -> None:
    path = write_rides("a.parquet")
    score_files(path)
    score_files(path, by=Scorer(trained_model, "another"))
    assert len(prediction_paths(output)) == 6
    assert all("another" in path for path in prediction_paths(output, "another"))


def test_rows_that_are_no_rides_go_to_quarantine_with_reason_and_number(
    write_rides: WriteRides, score_files: ScoreFiles
) -> None:
    zones = [264] * 2_500
    zones[3] = zones[1_600] = 0
    miles: list[float | None] = [1.0] * 2_500
    miles[3], miles[5], miles[2_499] = -1.0, None, float("nan")
    report = score_files(write_rides("a.parquet", PULocationID=pa.array(zones), trip_distance=pa.array(miles)))
    assert (report.rows_in, report.rows_out, report.rows_quarantined) == (2_500, 2_496, 4)
    quarantine = read_all(report.files[0].quarantine)
    assert list(zip(quarantine["row_number"].to_pylist(), quarantine["field"].to_pylist(), strict=True)) == [
        (3, "PULocationID"),
        (5, "trip_distance"),
        (1_600, "PULocationID"),
        (2_499, "trip_distance"),
    ]
    assert quarantine["reason"][1].as_py() == "must be a finite number of miles, zero or more, not null"
    scored = read_all(report.files[0].predictions)
    expected = [f"a_{row}" for row in range(2_500) if row not in (3, 5, 1_600, 2_499)]
    assert scored["ride_id"].to_pylist() == expected, "numbers are those of the file's rows"


class Failing:
    """A model that raises for zone 13, and gives no number for zone 14."""

    def __init__(self, inner: Model) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def score_columns(self, columns: RideColumns) -> Any:
        if (columns.pickup_zones == 13).any():
            raise ModelFailed("zone 13 brings bad luck")
        durations, known = self._inner.score_columns(columns)
        return np.where(columns.pickup_zones == 14, np.inf, durations), known

    def score_rides(self, rides: list[Ride]) -> Any:
        durations, known = self.score_columns(RideColumns.of(rides))
        return durations.tolist(), known.tolist()


def test_a_ride_on_which_the_model_fails_spoils_no_other(
    write_rides: WriteRides, score_files: ScoreFiles, trained_model: Model
) -> None:
    zones = [7] * 2_500
    zones[10], zones[11], zones[12] = 13, 14, 0
    path = write_rides("a.parquet", PULocationID=pa.array(zones))
    report = score_files(path, by=Scorer(Failing(trained_model), VERSION))
    assert (report.rows_out, report.rows_quarantined) == (2_497, 3)
    quarantine = read_all(report.files[0].quarantine)
    assert quarantine["field"].to_pylist() == ["model", "model", "PULocationID"]
    assert quarantine["reason"][0].as_py() == "zone 13 brings bad luck"
    scored = read_all(report.files[0].predictions)
    assert scored["ride_id"][10].as_py() == "a_13"


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


def test_csv_is_scored_as_parquet_is(write_rides: WriteRides, score_files: ScoreFiles, tmp_path: Path) -> None:
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


def test_urls_are_read_and_written(
    write_rides: WriteRides, score_files: ScoreFiles, output: str, empty_memory: None
) -> None:
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


def test_two_runs_at_once_on_one_output_have_one_winner(write_rides: WriteRides, score_files: ScoreFiles) -> None:
    path = write_rides("a.parquet")
    errors: list[OutputBusy] = []

    def second(_plan: object) -> None:
        with pytest.raises(OutputBusy, match="another run is writing to"):
            score_files(path)
        errors.append(OutputBusy())

    assert score_files(path, on_plan=second).rows_in == 2_500
    assert len(errors) == 1


def test_progress_is_told_of_every_row_once(write_rides: WriteRides, score_files: ScoreFiles) -> None:
    told: list[int] = []
    score_files(write_rides("a.parquet"), write_rides("b.parquet", seed=1), processes=2, progress=told.append)
    assert sum(told) == 5_000


def test_a_run_is_counted_when_it_is_committed(
    write_rides: WriteRides, scorer: Scorer, output: str, tmp_path: Path
) -> None:
    miles = [1.0] * 2_500
    miles[0], miles[1] = -1.0, 200.0
    path = write_rides("a.parquet", trip_distance=pa.array(miles))
    metrics = Metrics(CollectorRegistry())
    settings = BatchSettings(part_rows=1_000, metrics_file=str(tmp_path / "ridescore.prom"))
    for _ in range(2):  # the second has nothing to do
        score([path], output, FixedScorer(scorer), settings, processes=1, metrics=metrics)
    text = (tmp_path / "ridescore.prom").read_text()
    assert 'ridescore_rides_total{door="file",outcome="scored"} 2499.0' in text
    assert 'ridescore_rides_total{door="file",outcome="quarantined"} 1.0' in text
    assert 'ridescore_suspect_rides_total{reason="distance"} 1.0' in text
    assert 'ridescore_predicted_minutes_count{door="file"} 2499.0' in text
    found = read_all(prediction_paths(output))
    unknown = found.num_rows - sum(found["known_route"].to_pylist())
    assert unknown > 0
    assert f'ridescore_unknown_routes_total{{door="file"}} {float(unknown)}' in text
    up_to_20 = int((found["predicted_duration"].to_numpy() <= 20).sum())
    assert f'ridescore_predicted_minutes_bucket{{door="file",le="20.0"}} {float(up_to_20)}' in text


def test_a_failure_leaves_what_was_committed_and_nothing_of_its_own(
    write_rides: WriteRides, score_files: ScoreFiles, output: str
) -> None:
    good = write_rides("a.parquet")
    score_files(good)
    before = prediction_paths(output)
    bad = Path(write_rides("b.parquet", rows=20_000, seed=1))
    content = bytearray(bad.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4_000] = bytes(4_000)
    bad.write_bytes(content)
    with pytest.raises(RideFileError, match=r"b\.parquet is damaged after row \d+"):
        score_files(good, str(bad), write_rides("c.parquet", seed=2))
    assert prediction_paths(output) == before
    score_files(good)
    assert len(files_of(output)) == 3, "the next run has removed what was staged"
