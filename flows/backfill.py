"""The flow `backfill`: the months of a span, by the names of the landing folder's files."""

import logging

from prefect import flow

from batch.inputs import expand
from batch.report import RunReport
from flows.begin import begin
from flows.scoring_run import run_scoring
from flows.task_runner import by_settings
from scoring.errors import RideFileError
from scoring.model_source import load_scorer
from scoring.rides.months import month_of, months_between

log = logging.getLogger(__name__)


@flow(name="backfill", task_runner=by_settings(), persist_result=False)
def backfill(start: str, end: str, force: bool = False, landing: str = "", output: str = "") -> RunReport:
    """Score the files of months, and commit them together, all or nothing.

    Args:
        start: the first month, as ``YYYY-MM``.
        end: the last one.
        force: score again what is committed already by the active model version.
        landing: folder, glob or URL; FLOWS_LANDING by default.
        output: folder or URL; FLOWS_OUTPUT by default.
    """
    settings = begin()
    landing, output = landing or settings.flows.landing, output or settings.flows.output
    months = months_between(start, end)
    files = [path for path in expand([landing]) if month_of(path) in months]
    missing = sorted(set(months) - {month_of(path) for path in files})
    if not files:
        raise RideFileError(f"{landing} has no file of {start} to {end}; fetch months with `ridescore download`")
    if missing:
        log.warning("months without a file", extra={"reason": ", ".join(missing)})
    scorer = load_scorer(settings.model)
    without = f", without {', '.join(missing)}" if missing else ""
    return run_scoring(f"{start} to {end}{without}", files, scorer, settings, output=output, overwrite=force)
