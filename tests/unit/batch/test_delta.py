"""The Delta table: each manifest's predictions once, whoever appends and however often."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from batch.delta import APPLICATION, INPUT_DIGEST, append_to_delta
from batch.reader import prediction_paths
from scoring.errors import OutputError

from .conftest import VERSION, ScoreFiles, WriteRides, read_all


@pytest.fixture
def table(tmp_path: Path) -> str:
    return str(tmp_path / "delta")


def rows_of(table: str) -> int:
    return DeltaTable(table).to_pyarrow_dataset().count_rows()


def test_the_table_has_what_is_committed(
    write_rides: WriteRides, score_files: ScoreFiles, output: str, table: str
) -> None:
    report = score_files(write_rides("a.parquet"), write_rides("b.parquet", seed=1))
    assert append_to_delta(output, table) == [report.manifest_id]
    delta = DeltaTable(table)
    found = delta.to_pyarrow_table()
    committed = read_all(prediction_paths(output))
    by = [("ride_id", "ascending")]
    same = found.select(committed.column_names)
    assert same.sort_by(by).equals(committed.cast(same.schema).sort_by(by))
    assert set(found["model_version"].to_pylist()) == {VERSION}
    assert len(set(found[INPUT_DIGEST].to_pylist())) == 2
    assert delta.transaction_version(f"{APPLICATION}{report.manifest_id}") == 1


def test_a_rerun_adds_nothing(write_rides: WriteRides, score_files: ScoreFiles, output: str, table: str) -> None:
    path = write_rides("a.parquet")
    score_files(path)
    append_to_delta(output, table)
    version = DeltaTable(table).version()
    score_files(path)
    assert append_to_delta(output, table) == []
    assert DeltaTable(table).version() == version
    assert rows_of(table) == 2_500


def test_what_an_earlier_run_did_not_append_is_made_up_for(
    write_rides: WriteRides, score_files: ScoreFiles, output: str, table: str
) -> None:
    runs = [score_files(write_rides(f"{seed}.parquet", seed=seed)).manifest_id for seed in range(3)]
    assert sorted(append_to_delta(output, table)) == sorted(map(str, runs))
    runs.append(score_files(write_rides("3.parquet", seed=3)).manifest_id)
    assert append_to_delta(output, table) == [runs[3]]
    assert rows_of(table) == 4 * 2_500


def test_two_at_once_append_once(write_rides: WriteRides, score_files: ScoreFiles, output: str, table: str) -> None:
    score_files(write_rides("a.parquet", rows=100))
    append_to_delta(output, table)
    for seed in range(1, 6):
        score_files(write_rides(f"{seed}.parquet", rows=100, seed=seed))
        with ThreadPoolExecutor(4) as threads:
            appended = list(threads.map(lambda _: append_to_delta(output, table), range(4)))
        assert sum(map(len, appended)) == 1
        assert rows_of(table) == 100 * (seed + 1)


def test_what_is_scored_again_replaces_its_rows(
    write_rides: WriteRides, score_files: ScoreFiles, output: str, table: str
) -> None:
    first, second = write_rides("a.parquet"), write_rides("b.parquet", seed=1)
    score_files(first, second)
    append_to_delta(output, table)
    again = score_files(first, overwrite=True)
    assert append_to_delta(output, table) == [again.manifest_id]
    assert rows_of(table) == 5_000
    assert append_to_delta(output, table) == []


def test_a_table_that_comes_late_gets_only_what_counts(
    write_rides: WriteRides, score_files: ScoreFiles, output: str, table: str
) -> None:
    first, second = write_rides("a.parquet"), write_rides("b.parquet", seed=1)
    score_files(first, second)
    score_files(first, overwrite=True)
    assert len(append_to_delta(output, table)) == 2
    assert rows_of(table) == 5_000


def test_files_with_and_without_dropoffs_go_to_one_table(
    write_rides: WriteRides, score_files: ScoreFiles, output: str, table: str, tmp_path: Path
) -> None:
    with_times = write_rides("a.parquet", rows=50)
    without = tmp_path / "landing" / "b.parquet"
    pq.write_table(pq.read_table(with_times).select(["PULocationID", "DOLocationID", "trip_distance"]), without)
    score_files(with_times, str(without))
    append_to_delta(output, table)
    found = DeltaTable(table).to_pyarrow_table()
    assert pc.count(found["actual_duration"], mode="only_null").as_py() == 50
    assert len(found) == 100


def test_a_table_that_cannot_be_written_is_told_and_made_up_for(
    write_rides: WriteRides, score_files: ScoreFiles, output: str, tmp_path: Path
) -> None:
    score_files(write_rides("a.parquet"))
    blocked = tmp_path / "blocked"
    blocked.write_text("a file, not a folder")
    with pytest.raises(OutputError, match=r"cannot append manifest .* the next run appends them"):
        append_to_delta(output, str(blocked / "delta"))
    blocked.unlink()
    assert len(append_to_delta(output, str(blocked / "delta"))) == 1


def test_predictions_that_are_gone_are_told(
    write_rides: WriteRides, score_files: ScoreFiles, output: str, table: str
) -> None:
    score_files(write_rides("a.parquet"))
    shutil.rmtree(Path(output) / "predictions")
    with pytest.raises(OutputError, match="cannot"):
        append_to_delta(output, table)
    assert not Path(table).exists()
