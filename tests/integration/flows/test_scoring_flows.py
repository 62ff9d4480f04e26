"""The scoring flows on a real Prefect server: what they commit, what they try again, and what their pages show."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.states import State

import flows.file_tasks
from batch.crew import stage_all
from batch.output import open_output
from batch.reader import read_committed
from flows.backfill import backfill
from flows.score_files import score_files
from flows.score_landing import score_landing
from scoring.errors import RideFileError, SettingsError
from training.sample_rides import FEBRUARY, JANUARY, MARCH

from .conftest import Site, artifacts


def table(client: SyncPrefectClient, state: State[Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(str(_page(client, state)["ridescore-table"].data))
    return found


def summary(client: SyncPrefectClient, state: State[Any]) -> str:
    return str(_page(client, state)["ridescore-summary"].data)


def _page(client: SyncPrefectClient, state: State[Any]) -> dict[str, Any]:
    assert state.state_details.flow_run_id is not None
    return artifacts(client, state.state_details.flow_run_id)


def committed(site: Site) -> dict[str, int]:
    """Rows by the input's name."""
    return {
        Path(each.scored.source).name: each.scored.rows_in
        for each in read_committed(open_output(str(site.output))).files
    }


def test_named_files_are_committed_together_and_the_page_shows_them(site: Site, prefect: SyncPrefectClient) -> None:
    state = score_files([str(site.landing)], return_state=True)
    report = state.result()
    assert state.is_completed()
    assert committed(site) == {JANUARY.name: 3_000, FEBRUARY.name: 1_000, MARCH.name: 2_000}
    assert (report.rows_in, report.rows_in) == (6_000, report.rows_out + report.rows_quarantined)
    rows = table(prefect, state)
    assert [Path(row["file"]).name for row in rows] == [JANUARY.name, FEBRUARY.name, MARCH.name]
    assert [row["tries"] for row in rows] == [1, 1, 1]
    assert all(row["RMSE of usual rides"] < 20 for row in rows)
    assert f"manifest `{report.manifest_id}`" in summary(prefect, state)
    assert float(_page(prefect, state)["ridescore-progress"].data) == 100.0

    again = score_files([str(site.landing)], return_state=True)
    assert again.result().manifest_id is None
    assert "nothing was new" in summary(prefect, again)


def test_a_task_that_failed_by_what_may_pass_is_tried_again_and_the_page_shows_it(
    site: Site, prefect: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = iter([TimeoutError("the storage did not answer"), ConnectionResetError("nor now")])

    def shaky(plan: Any, *rest: Any) -> Any:
        if plan.files[0].source.endswith(FEBRUARY.name):
            for failure in failures:
                raise failure
        return stage_all(plan, *rest)

    monkeypatch.setattr(flows.file_tasks, "stage_all", shaky)
    state = score_files([str(site.landing)], return_state=True)
    assert state.is_completed()
    assert len(committed(site)) == 3
    assert {Path(row["file"]).name: row["tries"] for row in table(prefect, state)} == {
        JANUARY.name: 1,
        FEBRUARY.name: 3,
        MARCH.name: 1,
    }
    assert f"`{site.landing / FEBRUARY.name}`: 3 tries" in summary(prefect, state)


def test_a_damaged_file_is_not_tried_again_and_nothing_is_committed(site: Site, prefect: SyncPrefectClient) -> None:
    damaged = damage_further_in(site.landing / FEBRUARY.name)
    state = score_files([str(site.landing)], return_state=True)
    assert state.is_failed()
    with pytest.raises(RideFileError, match=rf"{FEBRUARY.name}.* damaged"):
        state.result()
    assert committed(site) == {}
    assert "nothing was committed" in summary(prefect, state)
    assert {row["file"]: row["tries"] for row in table(prefect, state)}[str(damaged)] == 1


def test_a_damaged_file_in_the_landing_folder_holds_no_other_up(site: Site, prefect: SyncPrefectClient) -> None:
    damage_further_in(site.landing / FEBRUARY.name)
    (site.landing / "half.parquet").write_bytes(JANUARY.read_bytes()[:9_000])
    state = score_landing(return_state=True)
    with pytest.raises(RideFileError, match=r"2 files could not be scored"):
        state.result()
    assert committed(site) == {JANUARY.name: 3_000, MARCH.name: 2_000}
    assert {Path(row["file"]).name for row in table(prefect, state) if row["status"].startswith("left out")} == {
        FEBRUARY.name,
        "half.parquet",
    }
    site.land(FEBRUARY)
    (site.landing / "half.parquet").unlink()
    mended = score_landing()
    assert [Path(file.source).name for file in mended.files] == [FEBRUARY.name]
    assert len(committed(site)) == 3


@pytest.mark.parametrize("there", [True, False])
def test_an_empty_landing_folder_is_nothing_to_do(site: Site, prefect: SyncPrefectClient, there: bool) -> None:
    for file in site.landing.iterdir():
        file.unlink()
    if not there:
        site.landing.rmdir()
    state = score_landing(return_state=True)
    assert state.result().files == []
    assert "nothing was new" in summary(prefect, state)
    assert not site.output.exists()


def test_a_backfill_takes_the_months_of_its_span_and_names_those_that_are_missing(
    site: Site, prefect: SyncPrefectClient
) -> None:
    state = backfill("2021-02", "2021-04", return_state=True)
    first = state.result()
    assert committed(site) == {FEBRUARY.name: 1_000, MARCH.name: 2_000}
    assert "without 2021-04" in summary(prefect, state)
    assert backfill("2021-02", "2021-04").manifest_id is None
    forced = backfill("2021-02", "2021-03", force=True)
    assert forced.manifest_id not in (None, first.manifest_id)
    assert committed(site) == {FEBRUARY.name: 1_000, MARCH.name: 2_000}


@pytest.mark.parametrize(
    ("span", "error"), [(("2022-01", "2022-02"), RideFileError), (("2021-02", "2021-01"), SettingsError)]
)
def test_a_backfill_of_nothing_fails(
    site: Site, prefect: SyncPrefectClient, span: tuple[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        backfill(*span)


def test_every_run_goes_to_the_delta_table_once(
    site: Site, prefect: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deltalake import DeltaTable

    monkeypatch.setenv("FLOWS_DELTA_TABLE", str(site.root / "delta"))
    for _ in range(2):
        score_landing()
    assert DeltaTable(str(site.root / "delta")).to_pyarrow_dataset().count_rows() == sum(
        pq.read_metadata(path).num_rows for path in (site.output / "predictions").iterdir()
    )


def damage_further_in(path: Path) -> Path:
    """Overwrite the pages of the pickup zones; the footer stays whole."""
    metadata = pq.read_metadata(path)
    group = metadata.row_group(0)
    (column,) = (
        group.column(each) for each in range(group.num_columns) if group.column(each).path_in_schema == "PULocationID"
    )
    content = bytearray(path.read_bytes())
    first = column.dictionary_page_offset or column.data_page_offset
    content[first : first + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    path.write_bytes(content)
    return path
