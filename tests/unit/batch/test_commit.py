"""The commit and what surrounds it: all or nothing at every step, resumed from any, nothing left behind."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest

from batch.commit import STEPS, commit
from batch.local_output import LocalOutput
from batch.output import open_output
from batch.plan import Plan, plan
from batch.reader import prediction_paths, read_committed
from batch.stage import stage
from batch.sweep import sweep
from batch.verify import verify
from scoring.errors import ModelIncompatible, OutputError, RideFileError
from scoring.models.model import Model
from scoring.scorer import Scorer
from scoring.settings.batch_settings import BatchSettings

from .conftest import VERSION, ScoreFiles, WriteRides, files_of


class Killed(BaseException):
    """Stands for the end of the process: nothing of ours catches it."""


@pytest.mark.parametrize("step", STEPS)
def test_readers_see_all_or_nothing_and_a_rerun_completes_wherever_it_ends(
    planned: Plan, score_files: ScoreFiles, output: str, tmp_path: Path, step: str
) -> None:
    sources = list(planned.sources)
    score_files(*sources, into=str(tmp_path / "undisturbed"))
    expected = files_of(str(tmp_path / "undisturbed"))
    left = 4 if step == "renaming" else 1

    def reached(now: str) -> None:
        nonlocal left
        if now == step:
            left -= 1
            if not left:
                raise Killed

    with pytest.raises(Killed):
        score_files(*sources, reached=reached)
    paths = prediction_paths(output)
    committed = STEPS.index(step) >= STEPS.index("committed")
    assert len(paths) == (6 if committed else 0)
    assert all(Path(path).exists() for path in paths)
    report = score_files(*sources)
    assert {file.status for file in report.files} == {"already-scored" if committed else "scored"}
    assert files_of(output) == expected, "equal bytes, and no orphans"
    assert verify(open_output(output))
    assert not any(each.problem for each in verify(open_output(output)))


@pytest.mark.parametrize("step", ["renaming", "renamed"])
def test_a_run_of_something_else_removes_what_was_left(
    planned: Plan, score_files: ScoreFiles, write_rides: WriteRides, output: str, tmp_path: Path, step: str
) -> None:
    def reached(now: str) -> None:
        if now == step:
            raise Killed

    with pytest.raises(Killed):
        score_files(*planned.sources, reached=reached)
    foreign = Path(output, "predictions", "notes.txt")
    foreign.parent.mkdir(exist_ok=True)
    foreign.write_text("not ours")
    other = write_rides("c.parquet", seed=3)
    score_files(other)
    score_files(other, into=str(tmp_path / "undisturbed"))
    left = files_of(output)
    assert left.pop("predictions/notes.txt"), "what no record names is let alone"
    assert left == files_of(str(tmp_path / "undisturbed"))


class Untouchable:
    """A model that nobody may ask."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError("a staged part was scored again")


@pytest.mark.parametrize("step", ["staged", "renaming", "renamed"])
def test_a_rerun_takes_over_what_is_staged_and_what_has_its_name_already(
    planned: Plan, score_files: ScoreFiles, step: str
) -> None:
    left = 4 if step == "renaming" else 1

    def reached(now: str) -> None:
        nonlocal left
        left -= now == step
        if not left:
            raise Killed

    with pytest.raises(Killed):
        score_files(*planned.sources, reached=reached)
    assert score_files(*planned.sources, by=Scorer(Untouchable(), VERSION)).rows_in == 5_000  # type: ignore[arg-type]


def test_staging_again_scores_nothing_again(planned: Plan, scorer: Scorer) -> None:
    first = [stage(planned, file, scorer) for file in planned.files]
    told: list[int] = []
    again = [stage(planned, file, Scorer(Untouchable(), VERSION), told.append) for file in planned.files]  # type: ignore[arg-type]
    assert again == first
    assert sum(told) == 5_000


def test_a_staged_part_that_was_damaged_is_scored_again(planned: Plan, scorer: Scorer, output: str) -> None:
    file = planned.files[0]
    first = stage(planned, file, scorer)
    folder = Path(output, file.staging)
    (folder / first.parts[0].predictions.name.rsplit("/", 1)[-1]).unlink()
    torn = folder / first.parts[1].predictions.name.rsplit("/", 1)[-1]
    torn.write_bytes(bytes(torn.stat().st_size))
    (folder / "00002.json").write_bytes(b"{")
    again = stage(planned, file, scorer)
    assert [part.predictions for part in again.parts] == [part.predictions for part in first.parts]
    assert commit(planned, [again, stage(planned, planned.files[1], scorer)]).files[0].rows_out == 2_500


def test_another_version_does_not_stage(planned: Plan, trained_model: Model) -> None:
    with pytest.raises(ModelIncompatible, match=f"planned for model version {VERSION}, but another came"):
        stage(planned, planned.files[0], Scorer(trained_model, "another"))


def test_a_file_that_is_not_staged_whole_is_not_committed(planned: Plan, scorer: Scorer, output: str) -> None:
    with pytest.raises(OutputError, match="is not staged whole"):
        commit(planned, [stage(planned, planned.files[0], scorer)])
    assert prediction_paths(output) == []


@pytest.mark.parametrize("damage", ["missing", "changed", "footer"])
def test_a_staged_file_that_is_not_as_it_was_written_is_not_committed(
    planned: Plan, scorer: Scorer, output: str, damage: str
) -> None:
    staged = [stage(planned, file, scorer) for file in planned.files]
    path = Path(output, planned.files[0].staging) / staged[0].parts[0].predictions.name.rsplit("/", 1)[-1]
    if damage == "missing":
        path.unlink()
    else:
        content = bytearray(path.read_bytes())
        content[100 if damage == "changed" else -1] ^= 1
        path.write_bytes(content)
    with pytest.raises(OutputError, match="is missing" if damage == "missing" else "is not as it was written"):
        commit(planned, staged)
    assert prediction_paths(output) == []


@pytest.mark.parametrize(
    ("counted", "message"),
    [
        ({"rows_in": 999, "rows_out": 999}, r"a\.parquet has 2,500 rows, but 2,499 were scored"),
        ({"rows_out": 999}, r"1,000 rows in are not 999 rows out and 0 quarantined"),
        ({"rows_quarantined": 1}, r"1,000 rows in are not 1,000 rows out and 1 quarantined"),
    ],
    ids=["fewer than the input", "one lost", "one twice"],
)
def test_counts_that_do_not_add_up_are_not_committed(
    planned: Plan, scorer: Scorer, output: str, counted: dict[str, int], message: str
) -> None:
    whole, other = (stage(planned, file, scorer) for file in planned.files)
    wrong = msgspec.structs.replace(whole.parts[0], **counted)
    with pytest.raises(OutputError, match=message):
        commit(planned, [msgspec.structs.replace(whole, parts=(wrong, *whole.parts[1:])), other])
    assert prediction_paths(output) == []


def test_a_file_with_fewer_rows_than_were_recorded_is_not_committed(planned: Plan, scorer: Scorer) -> None:
    whole, other = (stage(planned, file, scorer) for file in planned.files)
    short = msgspec.structs.replace(whole.parts[0].predictions, rows=999)
    wrong = msgspec.structs.replace(whole.parts[0], predictions=short)
    with pytest.raises(OutputError, match="is not as it was written"):
        commit(planned, [msgspec.structs.replace(whole, parts=(wrong, *whole.parts[1:])), other])


def test_bytes_and_names_are_on_the_disk_before_the_manifest(
    planned: Plan, scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that loses its power after the commit must still have what the manifest names."""
    staged = [stage(planned, file, scorer) for file in planned.files]
    calls: list[tuple[str, str]] = []

    def noting(method: str) -> Callable[..., None]:
        as_was = getattr(LocalOutput, method)

        def noted(place: LocalOutput, name: str, *rest: Any) -> None:
            calls.append((method, name))
            as_was(place, name, *rest)

        return noted

    for method in ("sync", "move", "replace"):
        monkeypatch.setattr(LocalOutput, method, noting(method))
    commit(planned, staged)
    kinds = [kind for kind, _name in calls]
    moved = {name for kind, name in calls if kind == "move"}
    assert kinds == ["sync"] * 9 + ["move"] * 9 + ["sync"] * 2 + ["replace"]
    assert {name for _kind, name in calls[:9]} == moved, "bytes first"
    assert {name for _kind, name in calls[18:20]} == {"predictions", "quarantine"}, "then the names"


@pytest.mark.parametrize("step", ["staged", "renamed"])
def test_an_input_that_changed_is_not_committed(
    planned: Plan, score_files: ScoreFiles, output: str, step: str, write_rides: WriteRides
) -> None:
    def reached(now: str) -> None:
        if now == step:
            write_rides("a.parquet", seed=9)

    with pytest.raises(RideFileError, match=r"a\.parquet has changed since this run began"):
        score_files(*planned.sources, reached=reached)
    assert prediction_paths(output) == []
    report = score_files(*planned.sources)
    assert report.rows_in == 5_000
    assert len(files_of(output)) == 9, "and nothing of the run that failed"


def test_an_input_that_changed_while_it_was_read_is_told_so(planned: Plan, scorer: Scorer) -> None:
    source = Path(planned.files[0].source)
    stage(planned, planned.files[0], scorer)
    shutil.rmtree(Path(planned.output, planned.files[0].staging))
    os.truncate(source, 5_000)
    with pytest.raises(RideFileError, match="has changed since this run began"):
        stage(planned, planned.files[0], scorer)


def test_nothing_is_nothing_to_commit(
    planned: Plan, output: str, settings: BatchSettings, score_files: ScoreFiles
) -> None:
    score_files(*planned.sources)
    with pytest.raises(ValueError, match="nothing to commit"):
        commit(plan(planned.sources, output, VERSION, settings), [])


def test_a_second_commit_of_one_run_is_the_same_commit(planned: Plan, scorer: Scorer) -> None:
    staged = [stage(planned, file, scorer) for file in planned.files]
    assert commit(planned, staged) == commit(planned, staged)


def test_without_locks_only_what_is_old_is_swept(
    planned: Plan, scorer: Scorer, empty_memory: None, monkeypatch: pytest.MonkeyPatch, settings: BatchSettings
) -> None:
    elsewhere = plan(planned.sources, "memory://scored", VERSION, settings)
    stage(elsewhere, elsewhere.files[0], scorer)
    place = open_output("memory://scored")
    now = time.time()
    for hours, left in ((0, [elsewhere.files[0].key]), (23, [elsewhere.files[0].key]), (25, [])):
        monkeypatch.setattr("time.time", lambda hours=hours: now + hours * 3600)
        sweep(place, read_committed(place), ())
        assert place.names(".staging") == left, "within a day another run may be at work in it"


def test_what_two_manifests_name_is_not_swept(planned: Plan, score_files: ScoreFiles, output: str) -> None:
    """Two runs at once at a URL may commit one input under the same names; readers pass one of their manifests over."""
    report = score_files(*planned.sources)
    first = Path(output, "manifests", f"{report.manifest_id}.json")
    twin = "0" * 16
    first.with_name(f"{twin}.json").write_text(first.read_text().replace(str(report.manifest_id), twin))
    place = open_output(output)
    assert len(read_committed(place).superseded) == 2
    before = files_of(output)
    sweep(place, read_committed(place), ())
    assert files_of(output) == before


def test_what_readers_open_is_in_the_order_of_inputs_and_rows(
    planned: Plan, score_files: ScoreFiles, output: str
) -> None:
    score_files(*planned.sources)
    firsts = [pq.read_table(path, columns=["ride_id"])["ride_id"][0].as_py() for path in prediction_paths(output)]
    assert firsts == ["a_0", "a_1000", "a_2000", "b_0", "b_1000", "b_2000"]
