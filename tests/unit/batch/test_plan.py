"""What there is to score: divided by row groups, by content, without what is committed."""

from pathlib import Path
from typing import Any

import fsspec
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import batch.plan
from batch.plan import Plan, _divided, new_inputs, plan
from scoring.errors import OutputError, RideFileError
from scoring.rides.dialect import Column
from scoring.settings.batch_settings import BatchSettings

from .conftest import VERSION, ScoreFiles, WriteRides


@given(st.lists(st.integers(0, 3_000), max_size=30), st.integers(1, 5_000))
def test_parts_hold_every_row_group_once_and_in_order(group_rows: list[int], part_rows: int) -> None:
    parts = _divided(group_rows, part_rows)
    spans = [part.row_groups for part in parts]
    assert [group for first, past in filter(None, spans) for group in range(first, past)] == list(
        range(len(group_rows))
    )
    assert sum(part.rows or 0 for part in parts) == sum(group_rows)
    assert [part.number for part in parts] == list(range(len(parts))) != []
    assert all((part.rows or 0) >= part_rows for part in parts[:-1])


def test_the_same_work_is_the_same_run(write_rides: WriteRides, output: str, settings: BatchSettings) -> None:
    first, second = write_rides("a.parquet"), write_rides("b.parquet", seed=1)
    one = plan([first, second], output, VERSION, settings)
    assert plan([first, second], output, VERSION, settings) == one
    assert plan([second, first], output, VERSION, settings).run_id == one.run_id
    others = [
        plan([first], output, VERSION, settings),
        plan([first, second], output, "another", settings),
        plan([first, second], output, VERSION, BatchSettings(part_rows=2_000)),
        plan([first, second], output, VERSION, settings, columns={Column.TRIP_DISTANCE: "PULocationID"}),
    ]
    assert len({each.run_id for each in [one, *others]}) == 5


def test_a_plan_goes_anywhere(write_rides: WriteRides, output: str, settings: BatchSettings) -> None:
    planned = plan([write_rides("a.parquet")], output, VERSION, settings)
    assert msgspec.json.decode(msgspec.json.encode(planned), type=Plan) == planned


def test_two_files_of_one_content_are_scored_once(
    write_rides: WriteRides, output: str, settings: BatchSettings
) -> None:
    first = write_rides("a.parquet")
    copy = Path(first).with_name("copy.parquet")
    copy.write_bytes(Path(first).read_bytes())
    planned = plan([first, str(copy)], output, VERSION, settings)
    assert [file.source for file in planned.files] == [first]
    assert [each.source for each in planned.already] == [str(copy)]


def test_what_is_committed_is_left_out_unless_it_is_to_be_overwritten(
    write_rides: WriteRides, score_files: ScoreFiles, output: str, settings: BatchSettings
) -> None:
    first, second = write_rides("a.parquet"), write_rides("b.parquet", seed=1)
    score_files(first)
    planned = plan([first, second], output, VERSION, settings)
    assert [file.source for file in planned.files] == [second]
    assert [each.source for each in planned.already] == [first]
    again = plan([first], output, VERSION, settings, overwrite=True)
    assert [file.generation for file in again.files] == [2]
    assert [file.generation for file in plan([first], output, "another", settings).files] == [1]


def test_new_inputs_are_those_that_no_manifest_has(
    write_rides: WriteRides, score_files: ScoreFiles, output: str, tmp_path: Path
) -> None:
    folder = str(tmp_path / "landing")
    assert new_inputs(folder, output, VERSION) == [], "it may not have been made yet"
    Path(folder).mkdir()
    assert new_inputs(folder, output, VERSION) == []
    first, second = write_rides("a.parquet"), write_rides("b.parquet", seed=1)
    assert new_inputs(folder, output, VERSION) == [first, second]
    assert new_inputs(f"{folder}/*.parquet", output, VERSION) == [first, second]
    assert new_inputs(first, output, VERSION) == [first]
    score_files(first)
    assert new_inputs(folder, output, VERSION) == [second]
    assert new_inputs(folder, output, "another") == [first, second]
    write_rides("a.parquet", seed=2)
    assert new_inputs(folder, output, VERSION) == [first, second]


def test_what_has_a_size_of_its_own_is_new_without_being_read(
    write_rides: WriteRides, score_files: ScoreFiles, output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A landing folder is looked at every hour: a digest of each file of months would read them all again."""
    scored = write_rides("a.parquet")
    score_files(scored)
    larger = write_rides("b.parquet", rows=3_000)
    assert Path(larger).stat().st_size != Path(scored).stat().st_size
    digested: list[str] = []
    digest = batch.plan.digest_and_size
    monkeypatch.setattr("batch.plan.digest_and_size", lambda source: digested.append(source) or digest(source))
    assert new_inputs(str(Path(scored).parent), output, VERSION) == [larger]
    assert digested == [scored]


def test_a_landing_folder_that_cannot_be_listed_is_not_taken_for_an_empty_one(
    output: str, empty_memory: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A schedule would else say for ever that nothing is new."""
    files = fsspec.filesystem("memory")
    files.makedirs("/landing")

    def denied(*_asked: Any, **_named: Any) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as broken:
        broken.setattr(type(files), "ls", denied)
        with pytest.raises(RideFileError, match="cannot list memory://landing"):
            new_inputs("memory://landing", output, VERSION)
    with pytest.raises(RideFileError, match="cannot open nowhere://landing"):
        new_inputs("nowhere://landing", output, VERSION)
    assert new_inputs("memory://landing", output, VERSION) == []
    assert new_inputs("memory://landing/*.parquet", output, VERSION) == []


def test_a_column_that_is_missing_is_told_before_anything_is_scored(
    write_rides: WriteRides, output: str, settings: BatchSettings
) -> None:
    import pyarrow.parquet as pq

    path = write_rides("a.parquet")
    pq.write_table(pq.read_table(path).drop_columns(["trip_distance"]), path)
    with pytest.raises(RideFileError, match="has no column trip_distance or trip_miles"):
        plan([path], output, VERSION, settings)


def test_a_damaged_manifest_is_told(write_rides: WriteRides, score_files: ScoreFiles, output: str) -> None:
    score_files(write_rides("a.parquet"))
    (manifest,) = Path(output, "manifests").iterdir()
    manifest.write_bytes(manifest.read_bytes()[:100])
    with pytest.raises(OutputError, match="is damaged"):
        new_inputs(str(Path(output).parent / "landing"), output, VERSION)
    manifest.write_bytes(b'{"format": 2}')
    with pytest.raises(OutputError, match="upgrade ridescore"):
        new_inputs(str(Path(output).parent / "landing"), output, VERSION)
