"""A second run on an output: it adds nothing, replaces, stands beside, waits for none, or fails without a trace."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from batch.reader import prediction_paths
from scoring.errors import OutputBusy, RideFileError
from scoring.models.model import Model
from scoring.rides.dialect import Column
from scoring.scorer import Scorer

from .conftest import ScoreFiles, WriteRides, files_of, read_all


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


def test_readers_have_runs_in_the_order_of_their_commits(
    write_rides: WriteRides, score_files: ScoreFiles, output: str
) -> None:
    """The names of manifests are digests: their order says nothing."""
    reports = [score_files(write_rides(f"{name}.parquet", rows=600, seed=seed)) for seed, name in enumerate("dacb")]
    names = [str(report.manifest_id) for report in reports]
    assert names != sorted(names)
    Path(output, "manifests", "notes.txt").write_text("not ours")
    assert [Path(path).name[0] for path in prediction_paths(output)] == list("dacb")


def test_versions_stand_side_by_side(
    write_rides: WriteRides, score_files: ScoreFiles, output: str, trained_model: Model
) -> None:
    path = write_rides("a.parquet")
    score_files(path)
    score_files(path, by=Scorer(trained_model, "another"))
    assert len(prediction_paths(output)) == 6
    assert all("another" in path for path in prediction_paths(output, "another"))


def test_two_runs_at_once_on_one_output_have_one_winner(write_rides: WriteRides, score_files: ScoreFiles) -> None:
    path = write_rides("a.parquet")
    errors: list[OutputBusy] = []

    def second(_plan: object) -> None:
        with pytest.raises(OutputBusy, match="another run is writing to"):
            score_files(path)
        errors.append(OutputBusy())

    assert score_files(path, on_plan=second).rows_in == 2_500
    assert len(errors) == 1


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
