"""What a run's page tells, made from reports without Prefect."""

from batch.report import FileReport, RunReport
from flows.pages import failed_page, scoring_page, training_page
from scoring.errors import OutputError
from scoring.registry.active import Active
from scoring.registry.manifest import Metrics
from training.challenge import Verdict

ERRORS = Metrics(rides=9_990, rmse_minutes=7.123456, mae_minutes=5.1, bias_minutes=-0.25)


def file_report(source: str, status: str = "scored") -> FileReport:
    return FileReport(
        source=source,
        status=status,  # type: ignore[arg-type]
        rows_in=10_000,
        rows_out=9_990,
        rows_quarantined=10,
        unknown_routes=3,
        suspect_rides=1,
        seconds=2.0,
        rows_per_second=5_000.0,
        predictions=["predictions/a.parquet"],
        quarantine=[],
        evaluation=ERRORS,
        evaluation_usual=None,
        model_version="v7",
        manifest_id="abc",
    )


REPORT = RunReport(
    output="predictions",
    model_version="v7",
    manifest_id="abc",
    files=[file_report("a.parquet"), file_report("b.parquet", "already-scored")],
    rows_in=10_000,
    rows_out=9_990,
    rows_quarantined=10,
    seconds=2.5,
    rows_per_second=4_000.0,
    evaluation=ERRORS,
    evaluation_usual=None,
)


def test_a_page_has_a_row_a_file_with_rows_rejects_and_rates() -> None:
    page = scoring_page("New in landing", REPORT, {"a.parquet": 1}, {})
    assert [row["file"] for row in page.table] == ["a.parquet", "b.parquet"]
    assert page.table[0] == {
        "file": "a.parquet",
        "status": "scored",
        "rows": 10_000,
        "scored": 9_990,
        "quarantined": 10,
        "rows a second": 5_000,
        "tries": 1,
        "RMSE minutes": 7.1235,
        "RMSE of usual rides": None,
    }
    assert page.table[1]["tries"] == 0
    assert "**1** of 2 files scored by model version `v7`" in page.summary
    assert "10,000 rows in, 9,990 predictions, 10 quarantined" in page.summary
    assert "RMSE 7.1235, MAE 5.1000, bias -0.2500 minutes on 9,990 rides" in page.summary
    assert "Tried again" not in page.summary
    assert "Left out" not in page.summary


def test_a_retry_and_a_file_left_out_are_told() -> None:
    page = scoring_page("New", REPORT, {"a.parquet": 3}, {"c.parquet": "c.parquet is damaged"})
    assert page.table[0]["tries"] == 3
    assert page.table[2] == {"file": "c.parquet", "status": "left out: c.parquet is damaged", "tries": 0}
    assert "- `a.parquet`: 3 tries" in page.summary
    assert "- `c.parquet`: c.parquet is damaged" in page.summary
    assert "**1** of 3 files" in page.summary


def test_a_failed_run_says_that_nothing_was_committed() -> None:
    page = failed_page("2021-01 to 2021-03", OutputError("the disk is full"), {"a.parquet": 4})
    assert "nothing was committed" in page.summary
    assert "OutputError: the disk is full" in page.summary
    assert page.table == [{"file": "a.parquet", "status": "staged or failed", "tries": 4}]


def verdict(*, activated: bool, champion: str | None) -> Verdict:
    return Verdict(
        version="v8",
        trained=True,
        training=["landing/green_2021-01.parquet"],
        validation=["landing/green_2021-02.parquet"],
        measured=ERRORS,
        champion=champion,
        champion_measured=ERRORS if champion else None,
        activated=activated,
        active=Active("v8", champion, 2) if activated else None,
        reason="because",
    )


def test_a_challenge_shows_both_versions_and_why() -> None:
    page = training_page(verdict(activated=False, champion="v7"))
    assert [row["version"] for row in page.table] == ["v8", "v7"]
    assert page.summary.startswith("# v8 is registered, but not activated\n")
    assert "Why: because." in page.summary
    assert "Trained on green_2021-01.parquet; measured on green_2021-02.parquet" in page.summary


def test_a_first_version_stands_alone() -> None:
    page = training_page(verdict(activated=True, champion=None))
    assert [row["version"] for row in page.table] == ["v8"]
    assert page.summary.startswith("# v8 is active now\n")
