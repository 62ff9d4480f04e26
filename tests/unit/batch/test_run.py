"""A whole run: rows in are rows out, in order, with the numbers of the core, told and counted once."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from prometheus_client import CollectorRegistry

from batch.reader import prediction_paths
from batch.run import score
from scoring.metrics import Metrics
from scoring.rides.ride import Ride
from scoring.scorer import Scorer
from scoring.scorer_source import FixedScorer
from scoring.settings.batch_settings import BatchSettings
from training.sample_rides import MONTHS

from .conftest import VERSION, ScoreFiles, WriteRides, files_of, read_all


def test_each_row_comes_out_once_and_in_order_with_the_number_of_the_core(
    score_files: ScoreFiles, scorer: Scorer
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
