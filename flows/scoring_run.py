"""What the scoring flows share: a run of the file door by tasks, and its page, whatever comes of it."""

import logging
from collections.abc import Mapping, Sequence

from prefect import task
from prefect.cache_policies import NO_CACHE

from batch.delta import append_to_delta
from batch.report import RunReport
from batch.run import score
from flows.file_tasks import FileTasks, retried
from flows.pages import failed_page, publish, scoring_page
from flows.transient import retry_what_may_pass
from scoring.errors import RideFileError
from scoring.scorer import Scorer
from scoring.scorer_source import FixedScorer
from scoring.settings.settings import Settings

log = logging.getLogger(__name__)


@task(name="append to Delta", cache_policy=NO_CACHE, persist_result=False, retry_condition_fn=retry_what_may_pass)
def append(output: str, table: str) -> None:
    """Append what the Delta table lacks, of this run and of earlier ones."""
    appended = append_to_delta(output, table)
    log.info("appended to the Delta table", extra={"files": len(appended), "address": table})


def run_scoring(
    title: str,
    inputs: Sequence[str],
    scorer: Scorer,
    settings: Settings,
    *,
    output: str,
    overwrite: bool = False,
    unsound: Mapping[str, str] | None = None,
) -> RunReport:
    """Score files and commit them together, with artifacts on the page of the run that this is called in.

    Args:
        title: of the page.
        inputs: files, folders, globs; local or fsspec URLs. None of them: the run has nothing to do.
        scorer: of the version that scores all of them.
        settings: of the file door and of flows.
        output: folder or URL.
        overwrite: score again what a manifest has already.
        unsound: inputs that cannot be scored, by reason. Where this is given, even if empty, one that turns out to be
            damaged further in joins them and holds no other up; else any damage fails the run before its commit.

    Raises:
        RideFileError: an input is damaged; with ``unsound``, once the others are committed.
        RidescoreError: as :func:`batch.run.score`; nothing was committed.
    """
    tasks = FileTasks(settings)
    left_out = dict(unsound or {})
    try:
        report = None
        while report is None:
            remaining = [source for source in inputs if source not in left_out]
            try:
                report = _scored(remaining, scorer, settings, tasks, output=output, overwrite=overwrite)
            except RideFileError:
                damaged = {each: str(why) for each, why in tasks.failures.items() if isinstance(why, RideFileError)}
                if unsound is None or not damaged or len(damaged) < len(tasks.failures):
                    raise
                left_out |= damaged  # what the others have staged is taken over
    except Exception as error:
        publish(failed_page(title, error, tasks.tries))
        raise
    publish(scoring_page(title, report, tasks.tries, left_out))
    if settings.flows.delta_table:
        append.with_options(**retried(settings.flows))(output, settings.flows.delta_table)
    if left_out:
        raise RideFileError(
            f"{len(left_out)} files could not be scored and are tried again by the next run; mend or remove them: "
            + "; ".join(left_out.values())
        )
    return report


def _scored(
    inputs: Sequence[str], scorer: Scorer, settings: Settings, tasks: FileTasks, *, output: str, overwrite: bool
) -> RunReport:
    if not inputs:
        return _nothing_new(output, scorer.model_version)
    return score(
        inputs,
        output,
        FixedScorer(scorer),
        settings.batch,
        overwrite=overwrite,
        stage_files=tasks.stage,
        commit_files=tasks.commit,
    )


def _nothing_new(output: str, model_version: str) -> RunReport:
    """The report of a run that had nothing to do."""
    return RunReport(
        output=output,
        model_version=model_version,
        manifest_id=None,
        files=[],
        rows_in=0,
        rows_out=0,
        rows_quarantined=0,
        seconds=0.0,
        rows_per_second=0.0,
        evaluation=None,
        evaluation_usual=None,
    )
