"""The flow `score_files`: the files that are named, committed together."""

from prefect import flow

from batch.report import RunReport
from flows.begin import begin
from flows.scoring_run import run_scoring
from flows.task_runner import by_settings
from scoring.model_source import load_scorer


@flow(name="score_files", task_runner=by_settings(), persist_result=False)
def score_files(files: list[str], output: str = "", force: bool = False) -> RunReport:
    """Score files and commit them together, all or nothing.

    Args:
        files: files, folders, globs; local or fsspec URLs.
        output: folder or URL; FLOWS_OUTPUT by default.
        force: score again what is committed already.
    """
    settings = begin()
    scorer = load_scorer(settings.model)
    return run_scoring(
        f"{len(files)} inputs scored", files, scorer, settings, output=output or settings.flows.output, overwrite=force
    )
