"""The tasks of a run that scores files: one stages a file, wherever, and one commits all. Each may be done twice."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.context import TaskRunContext
from prefect.futures import as_completed

from batch.commit import commit
from batch.cores import cores
from batch.crew import stage_all
from batch.manifest import Manifest
from batch.part import StagedFile
from batch.plan import Plan, PlannedFile
from flows.progress import Progress
from flows.transient import may_pass, retry_what_may_pass
from scoring.scorer import Scorer
from scoring.settings.flows_settings import FlowsSettings
from scoring.settings.settings import Settings

_LONGEST_WAIT_SECONDS: Final = 3600.0


@task(
    name="stage",
    task_run_name="stage {file.stem}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retry_condition_fn=retry_what_may_pass,
)
def stage_file(
    plan: Plan, file: PlannedFile, scorer: Scorer, processes: int, told: Callable[[int], None]
) -> tuple[StagedFile, int]:
    """Stage one file of a plan; with it, how often that was tried."""
    (staged,) = stage_all(msgspec.structs.replace(plan, files=(file,)), scorer, processes, told)
    return staged, _tries()


@task(name="commit", cache_policy=NO_CACHE, persist_result=False, retry_condition_fn=retry_what_may_pass)
def commit_files(plan: Plan, staged: Sequence[StagedFile]) -> Manifest:
    """Make all files of a plan count at once."""
    return commit(plan, staged)


class FileTasks:
    """Stages and commits by tasks, and keeps what the run's page tells of them.

    Args:
        settings: how often tasks are tried again, and on how many processes each works.

    Attributes:
        tries: by source, of files that were staged or failed.
        failures: by source.
    """

    def __init__(self, settings: Settings) -> None:
        self._flows = settings.flows
        # Dask shares out its own workers; here the files come one after the other, each over all cores.
        self._processes = 1 if settings.flows.dask_address else settings.batch.processes or cores()
        self.tries: dict[str, int] = {}
        self.failures: dict[str, Exception] = {}
        self._progress: Progress | None = None

    def stage(self, plan: Plan, scorer: Scorer) -> list[StagedFile]:
        """Stage every file, though some fail.

        Raises:
            Exception: the first failure, once every file was tried.
        """
        self.failures = {}
        rows = [file.rows for file in plan.files]
        progress = self._progress = Progress(
            0 if None in rows else sum(filter(None, rows)), f"scoring {len(plan.files)} files"
        )
        told = _nobody if self._flows.dask_address else progress.add
        staging = stage_file.with_options(**retried(self._flows))
        futures = {staging.submit(plan, file, scorer, self._processes, told): file for file in plan.files}
        staged: dict[str, StagedFile] = {}
        for future in as_completed(list(futures)):
            file = futures[future]
            try:
                staged[file.key], self.tries[file.source] = future.result()
            except Exception as error:  # noqa: BLE001  # told below, and on the run's page
                self.failures[file.source] = error
                self.tries[file.source] = self._flows.retries + 1 if may_pass(error) else 1
            if self._flows.dask_address:
                progress.add(file.rows or 0)
        if self.failures:
            raise next(iter(self.failures.values()))
        return [staged[file.key] for file in plan.files]

    def commit(self, plan: Plan, staged: Sequence[StagedFile]) -> Manifest:
        """Commit all; raises as :func:`batch.commit.commit`."""
        manifest = commit_files.with_options(**retried(self._flows))(plan, staged)
        if self._progress is not None:
            self._progress.reach(100.0)
        return manifest


def retried(settings: FlowsSettings) -> dict[str, Any]:
    """The options of a task that is tried again as the settings say."""
    waits = [min(_LONGEST_WAIT_SECONDS, settings.retry_seconds * 2**each) for each in range(settings.retries)]
    return {"retries": settings.retries, "retry_delay_seconds": waits}


def _tries() -> int:
    context = TaskRunContext.get()
    return context.task_run.run_count if context else 1


def _nobody(_rows: int) -> None:
    return None
