"""`ridescore batch`: the file door: score files, verify and show what is committed."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import click

from cli.columns import column_option, parse_columns
from cli.exit_codes import ExitCode
from cli.output import json_option, show_json, show_table
from cli.progress import progress
from scoring.errors import SettingsError

if TYPE_CHECKING:
    from batch.plan import Plan
    from batch.report import RunReport
    from scoring.registry.manifest import Metrics
    from scoring.scorer_source import FixedScorer
    from scoring.settings.settings import Settings

_RESUMES = "interrupted; nothing is committed, finished parts are kept: run the same command again, it resumes"


@click.group()
def batch() -> None:
    """Score files of rides, parquet or CSV, committed all or nothing."""


@batch.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("--output", required=True, metavar="DIR", help="Folder or fsspec URL of the predictions.")
@click.option("--model-version", "version", metavar="V", help="Of the registry.  [default: the active one]")
@click.option(
    "--processes", type=click.IntRange(0, 256), help="In place of BATCH_PROCESSES; 0 takes one for each core."
)
@click.option("--overwrite", is_flag=True, help="Score again what is committed already.")
@click.option(
    "--delta", "table", metavar="TABLE", help="Append what a Delta Lake table lacks of --output: folder or URL."
)
@column_option
@json_option
def score(
    inputs: tuple[str, ...],
    output: str,
    version: str | None,
    processes: int | None,
    overwrite: bool,
    table: str | None,
    columns: tuple[str, ...],
    as_json: bool,
) -> None:
    """Score every row of INPUTs (files, folders, globs; local or fsspec URLs) into --output.

    Readers see all of a run's predictions or none (see `ridescore batch show`). What a manifest has already, the same
    content by the same model version, is left as it is. Rows that are no valid rides go to quarantine/ with the reason.
    Ctrl-C stops; the same command then goes on where it was.

    \b
    Examples:
      ridescore batch score green_tripdata_2021-*.parquet --output predictions
      ridescore batch score s3://rides/2021/ --output s3://scored/2021 --processes 4
      ridescore batch score trips.csv --output scored --column pickup=started_at
    """
    from batch.head_start import HeadStart

    with _interruptible(), HeadStart(inputs, processes) as head_start, progress() as bar:
        from scoring.settings.settings import read_settings  # a third of the start, in which what is begun runs beside

        settings = read_settings()
        if processes is None:
            head_start.start_members(settings.batch.processes)
        from batch.run import score as run
        from scoring.logs import configure_logs

        configure_logs("WARNING" if sys.stderr.isatty() else settings.log.log_level)
        source = _source(settings, version)
        task = bar.add_task("planning", total=None)

        def on_plan(plan: "Plan") -> None:
            rows = [file.rows for file in plan.files]
            bar.update(task, description="scoring", total=None if None in rows else sum(filter(None, rows)))

        report = run(
            inputs,
            output,
            source,
            settings.batch,
            columns=parse_columns(columns),
            overwrite=overwrite,
            processes=processes,
            progress=lambda rows: bar.update(task, advance=rows),
            on_plan=on_plan,
            reached=lambda step: bar.update(task, description=f"committing: {step}"),
            head_start=head_start,
        )
        if table is not None:
            from batch.delta import append_to_delta

            bar.update(task, description="appending to the Delta table")
            append_to_delta(output, table)
    if as_json:
        show_json(report)
    else:
        show_report(report)


def _source(settings: "Settings", version: str | None) -> "FixedScorer":
    """The model for the whole run: a version that was named, or the chosen one."""
    from scoring.model_source import load_scorer, scorer_of
    from scoring.registry.registry import Registry
    from scoring.scorer_source import FixedScorer

    if version is None:
        return FixedScorer(load_scorer(settings.model))
    if settings.model.path:
        raise SettingsError(
            f"MODEL_PATH={settings.model.path} is set and wins over the registry; unset it to score by --model-version"
        )
    return FixedScorer(scorer_of(Registry(settings.model.registry).load(version)))


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C or SIGTERM once stops in order, twice at once."""
    told = False

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        nonlocal told
        if told:
            os._exit(ExitCode.INTERRUPTED)
        told = True
        raise KeyboardInterrupt

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except KeyboardInterrupt:
        click.echo(_RESUMES, err=True)
        raise click.exceptions.Exit(ExitCode.INTERRUPTED) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def show_report(report: "RunReport") -> None:
    """Print what became of each input of a run."""
    show_table(
        f"Scored by {report.model_version} into {report.output}",
        ("status", "rows in", "rows out", "quarantined", "rows/s", "RMSE", "MAE", "bias", "RMSE 1-60 min", "input"),
        (
            (
                file.status,
                f"{file.rows_in:,}",
                f"{file.rows_out:,}",
                f"{file.rows_quarantined:,}",
                f"{file.rows_per_second:,.0f}" if file.status == "scored" else "",
                *_errors(file.evaluation),
                _errors(file.evaluation_usual)[0],
                file.source,
            )
            for file in report.files
        ),
        numbers=("rows in", "rows out", "quarantined", "rows/s", "RMSE", "MAE", "bias", "RMSE 1-60 min"),
    )
    if report.manifest_id is None:
        click.echo("everything was scored already; --overwrite scores it again" if report.files else "nothing is new")
        return
    click.echo(
        f"{report.rows_in:,} rows in {report.seconds:.1f} s, {report.rows_per_second:,.0f} a second: "
        f"{report.rows_out:,} scored, {report.rows_quarantined:,} quarantined; "
        f"committed by manifest {report.manifest_id}"
    )


def _errors(metrics: "Metrics | None") -> tuple[str, str, str]:
    if metrics is None:
        return "", "", ""
    return f"{metrics.rmse_minutes:.4f}", f"{metrics.mae_minutes:.4f}", f"{metrics.bias_minutes:+.4f}"


@batch.command()
@click.argument("location", metavar="DIR")
@json_option
def verify(location: str, as_json: bool) -> None:
    """Recompute digests and counts of all that is committed in DIR, a folder or fsspec URL.

    \b
    Example: ridescore batch verify predictions
    Exits with 9 if anything is missing or not as it was written.
    """
    from batch.output import open_output
    from batch.verify import verify as look

    found = look(open_output(location))
    if as_json:
        show_json(found)
    else:
        for each in found:
            click.echo(f"{each.name}: {each.problem or f'sound, {each.rows:,} rows'}")
        if not found:
            click.echo(f"nothing is committed in {location}", err=True)
    if any(each.problem for each in found):
        raise click.exceptions.Exit(ExitCode.OUTPUT)


@batch.command()
@click.argument("location", metavar="DIR")
@click.option("--paths", is_flag=True, help="Only the paths of predictions, one a line: what to read.")
@json_option
def show(location: str, paths: bool, as_json: bool) -> None:
    """Show what is committed in DIR, a folder or fsspec URL.

    \b
    Examples:
      ridescore batch show predictions
      ridescore batch show predictions --paths
    """
    from batch.output import open_output
    from batch.reader import prediction_paths, read_committed

    if paths:
        found = prediction_paths(location)
        if as_json:
            show_json(found)
        else:
            for path in found:
                click.echo(path)
        return
    committed = read_committed(open_output(location))
    if as_json:
        show_json(
            [
                {
                    "manifest_id": each.manifest.run_id,
                    "model_version": each.manifest.model_version,
                    "created": each.manifest.created,
                    "file": each.scored,
                }
                for each in committed.files
            ]
        )
        return
    show_table(
        f"Committed in {location}",
        ("manifest", "model version", "committed", "rows in", "rows out", "quarantined", "files", "RMSE", "input"),
        (
            (
                each.manifest.run_id,
                each.manifest.model_version,
                each.manifest.created[:19],
                f"{each.scored.rows_in:,}",
                f"{each.scored.rows_out:,}",
                f"{each.scored.rows_quarantined:,}",
                f"{len(each.scored.predictions) + len(each.scored.quarantine)}",
                _errors(each.scored.evaluation)[0],
                each.scored.source,
            )
            for each in committed.files
        ),
        numbers=("rows in", "rows out", "quarantined", "files", "RMSE"),
    )
    if not committed.files:
        click.echo(f"nothing is committed in {location}", err=True)
