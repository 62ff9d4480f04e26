"""A whole run of the file door: plan, stage over the cores, commit, tell."""

import multiprocessing
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from batch.commit import Reached, commit
from batch.cores import cores
from batch.counting import count, new_metrics, write_metrics
from batch.crew import stage_all
from batch.head_start import HeadStart, stamped
from batch.inputs import expand
from batch.manifest import Manifest
from batch.output import Output, open_output
from batch.part import StagedFile
from batch.plan import Plan, plan
from batch.reader import CommittedFile, read_committed
from batch.report import FileReport, RunReport
from batch.sweep import sweep
from scoring.rides.dialect import Column
from scoring.scorer import Scorer
from scoring.scorer_source import ScorerSource
from scoring.settings.batch_settings import BatchSettings

if TYPE_CHECKING:
    from scoring.metrics import Metrics

StageFiles = Callable[[Plan, Scorer], list[StagedFile]]
CommitFiles = Callable[[Plan, Sequence[StagedFile]], Manifest]


def score(
    inputs: Sequence[str],
    output: str,
    source: ScorerSource,
    settings: BatchSettings,
    *,
    columns: Mapping[Column, str] | None = None,
    overwrite: bool = False,
    processes: int | None = None,
    progress: Callable[[int], None] | None = None,
    on_plan: Callable[[Plan], None] = lambda _plan: None,
    reached: Reached = lambda _step: None,
    metrics: "Metrics | None" = None,
    stage_files: StageFiles | None = None,
    commit_files: CommitFiles | None = None,
    head_start: HeadStart | None = None,
) -> RunReport:
    """Score inputs into an output, all or nothing.

    Args:
        inputs: files, folders, globs; local or fsspec URLs.
        output: folder or URL; need not exist.
        source: gives the scorer, which is asked once: a run has one model version.
        settings: how the work is divided.
        columns: the files' names for columns, where their dialect is their own.
        overwrite: score again what a manifest has already.
        processes: in place of the settings'; 0 takes one a core.
        progress: told of rows as they are scored.
        on_plan: told what there is to do, once that is known.
        reached: told of the steps of the commit.
        metrics: where the run is counted; where the settings name a file, in metrics of its own by default.
        stage_files: stages all files of the plan elsewhere, such as by tasks, in place of this machine's cores.
        commit_files: calls :func:`batch.commit.commit` elsewhere.
        head_start: what was begun of the same inputs; the caller ends it.

    Raises:
        ModelError: there is no model, or it cannot score.
        RideFileError: an input is missing, damaged, lacks a column, or changed meanwhile.
        OutputBusy: another run holds the output.
        OutputError: the output cannot be written.
    """
    begun = time.monotonic()
    scorer = source.current()
    expand(inputs)  # a name that stands for nothing is told before anything is written
    place = open_output(output)
    with place.hold():
        planned = plan(
            inputs,
            output,
            scorer.model_version,
            settings,
            columns=columns,
            overwrite=overwrite,
            stamp_of=head_start.stamped if head_start else stamped,
        )
        sweep(place, read_committed(place), {file.key for file in planned.files})
        on_plan(planned)
        manifest = None
        if planned.files:
            if stage_files is None:
                wanted = settings.processes if processes is None else processes
                started = (head_start.take_members,) if head_start else ()
                staged = stage_all(planned, scorer, _allowed(wanted or cores()), progress or _nobody, *started)
            else:
                staged = stage_files(planned, scorer)
            manifest = commit_files(planned, staged) if commit_files else commit(planned, staged, reached)
            if metrics is None and settings.metrics_file:
                metrics = new_metrics()
            if metrics is not None:
                count(metrics, (part for file in staged for part in file.parts))
            if metrics is not None and settings.metrics_file:
                write_metrics(metrics, settings.metrics_file)
        return report_of(planned, manifest, place, time.monotonic() - begun)


def report_of(planned: Plan, manifest: Manifest | None, place: Output, seconds: float) -> RunReport:
    """What became of each input of a plan.

    Args:
        planned: the plan.
        manifest: what its run committed; None where there was nothing to do.
        place: the plan's output.
        seconds: that the run took.

    Raises:
        OutputError: a manifest cannot be read.
    """
    committed = read_committed(place)
    digests = {file.source: file.sha256 for file in planned.already}
    digests |= {file.source: file.sha256 for file in planned.files}
    scored_now = {file.source for file in planned.files} if manifest else set()
    files = []
    for source in planned.sources:
        found = committed.file(digests[source], planned.model_version)
        if found is not None:
            files.append(_file_report(source, source in scored_now, found, place))
    done = manifest.files if manifest else []
    rows_in = sum(file.rows_in for file in done)
    return RunReport(
        output=planned.output,
        model_version=planned.model_version,
        manifest_id=manifest.run_id if manifest else None,
        files=files,
        rows_in=rows_in,
        rows_out=sum(file.rows_out for file in done),
        rows_quarantined=sum(file.rows_quarantined for file in done),
        seconds=seconds,
        rows_per_second=rows_in / seconds if seconds else 0.0,
        evaluation=manifest.evaluation if manifest else None,
        evaluation_usual=manifest.evaluation_usual if manifest else None,
    )


def _file_report(source: str, scored_now: bool, found: CommittedFile, place: Output) -> FileReport:
    scored = found.scored
    seconds = scored.seconds if scored_now else 0.0
    return FileReport(
        source=source,
        status="scored" if scored_now else "already-scored",
        rows_in=scored.rows_in,
        rows_out=scored.rows_out,
        rows_quarantined=scored.rows_quarantined,
        unknown_routes=scored.unknown_routes,
        suspect_rides=scored.suspect_rides,
        seconds=seconds,
        rows_per_second=scored.rows_in / seconds if seconds else 0.0,
        predictions=[place.path_of(file.name) for file in scored.predictions],
        quarantine=[place.path_of(file.name) for file in scored.quarantine],
        evaluation=scored.evaluation,
        evaluation_usual=scored.evaluation_usual,
        model_version=found.manifest.model_version,
        manifest_id=found.manifest.run_id,
    )


def _allowed(processes: int) -> int:
    """One in a process that may have no children, such as a Dask worker's."""
    return 1 if multiprocessing.current_process().daemon else processes


def _nobody(_rows: int) -> None:
    return None
