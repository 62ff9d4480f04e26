"""What a run leaves on its page: a table of files or versions, and a summary in words.

The words are made here from reports, without Prefect; only :func:`publish` speaks to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from batch.report import RunReport
from scoring.registry.manifest import Metrics
from training.challenge import Verdict

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """The artifacts of a run.

    Attributes:
        table: rows of one shape.
        summary: markdown.
    """

    table: Sequence[Row]
    summary: str


def scoring_page(title: str, report: RunReport, tries: Mapping[str, int], left_out: Mapping[str, str]) -> Page:
    """The page of a run that scored files.

    Args:
        title: what was asked for.
        report: of the run.
        tries: how often each source was tried, where that was more than once.
        left_out: sources that could not be scored, each with the reason.
    """
    table: list[Row] = [
        {
            "file": file.source,
            "status": file.status,
            "rows": file.rows_in,
            "scored": file.rows_out,
            "quarantined": file.rows_quarantined,
            "rows a second": round(file.rows_per_second),
            "tries": tries.get(file.source, 1 if file.status == "scored" else 0),
            "RMSE minutes": _rounded(file.evaluation),
            "RMSE of usual rides": _rounded(file.evaluation_usual),
        }
        for file in report.files
    ]
    table += [_row_left_out(source, reason, tries) for source, reason in left_out.items()]
    scored = sum(file.status == "scored" for file in report.files)
    lines = [
        f"# {title}",
        "",
        f"**{scored}** of {len(report.files) + len(left_out)} files scored by model version `{report.model_version}` "
        f"into `{report.output}`"
        + (f", committed as manifest `{report.manifest_id}`." if report.manifest_id else "; nothing was new."),
        "",
        (
            f"{report.rows_in:,} rows in, {report.rows_out:,} predictions, {report.rows_quarantined:,} quarantined, "
            f"in {report.seconds:.1f} s ({report.rows_per_second:,.0f} rows/s)."
        ),
    ]
    for name, errors in (("all rides", report.evaluation), ("rides of 1 to 60 minutes", report.evaluation_usual)):
        if errors is not None:
            lines += ["", f"Against actual durations, {name}: {_in_words(errors)}."]
    lines += _listed("Tried again", {source: f"{count} tries" for source, count in tries.items() if count > 1})
    lines += _listed("Left out", left_out)
    return Page(table, "\n".join(lines) + "\n")


def failed_page(title: str, error: BaseException, tries: Mapping[str, int]) -> Page:
    """The page of a run that committed nothing."""
    table: list[Row] = [
        {"file": source, "status": "staged or failed", "tries": count} for source, count in tries.items()
    ]
    lines = [f"# {title}", "", f"**Failed, and nothing was committed.** {type(error).__name__}: {error}"]
    lines += _listed("Tried again", {source: f"{count} tries" for source, count in tries.items() if count > 1})
    return Page(table, "\n".join(lines) + "\n")


def training_page(verdict: Verdict) -> Page:
    """The page of a challenge."""
    rows = [("challenger", verdict.version, verdict.measured)]
    if verdict.champion is not None and verdict.champion_measured is not None:
        rows.append(("active before", verdict.champion, verdict.champion_measured))
    table: list[Row] = [
        {
            "": role,
            "version": version,
            "RMSE minutes": _rounded(errors),
            "MAE minutes": round(errors.mae_minutes, 4),
            "bias minutes": round(errors.bias_minutes, 4),
            "rides": errors.rides,
        }
        for role, version, errors in rows
    ]
    outcome = "is active now" if verdict.activated else "is registered, but not activated"
    lines = [
        f"# {verdict.version} {outcome}",
        "",
        f"Why: {verdict.reason}.",
        "",
        (
            f"{'Trained' if verdict.trained else 'Trained before'} on {_names(verdict.training)}; "
            f"measured on {_names(verdict.validation)}: {_in_words(verdict.measured)}."
        ),
    ]
    return Page(table, "\n".join(lines) + "\n")


def publish(page: Page) -> None:
    """Put it on the page of the run that this is called in."""
    from prefect.artifacts import create_markdown_artifact, create_table_artifact

    create_table_artifact(key="ridescore-table", table=[dict(row) for row in page.table])
    create_markdown_artifact(key="ridescore-summary", markdown=page.summary)


def _row_left_out(source: str, reason: str, tries: Mapping[str, int]) -> Row:
    return {"file": source, "status": f"left out: {reason}", "tries": tries.get(source, 0)}


def _listed(title: str, by_source: Mapping[str, str]) -> list[str]:
    return ["", f"{title}:", "", *(f"- `{source}`: {what}" for source, what in by_source.items())] if by_source else []


def _rounded(errors: Metrics | None) -> float | None:
    return None if errors is None else round(errors.rmse_minutes, 4)


def _in_words(errors: Metrics) -> str:
    return (
        f"RMSE {errors.rmse_minutes:.4f}, MAE {errors.mae_minutes:.4f}, bias {errors.bias_minutes:+.4f} minutes "
        f"on {errors.rides:,} rides"
    )


def _names(paths: Sequence[str]) -> str:
    return ", ".join(path.rsplit("/", 1)[-1] for path in paths)
