"""The flow `score_landing`: everything in the landing folder that no manifest has yet; damaged files hold none up."""

from prefect import flow

from batch.landing import sound_inputs
from batch.plan import new_inputs
from batch.report import RunReport
from flows.begin import begin
from flows.scoring_run import run_scoring
from flows.task_runner import by_settings
from scoring.model_source import load_scorer


@flow(name="score_landing", task_runner=by_settings(), persist_result=False)
def score_landing(landing: str = "", output: str = "") -> RunReport:
    """Score what is new in a folder, and commit it together.

    Args:
        landing: folder, glob or URL; FLOWS_LANDING by default. It may be empty, or not be there yet.
        output: folder or URL; FLOWS_OUTPUT by default.
    """
    settings = begin()
    landing, output = landing or settings.flows.landing, output or settings.flows.output
    scorer = load_scorer(settings.model)
    sound, unsound = sound_inputs(new_inputs(landing, output, scorer.model_version))
    return run_scoring(f"New in {landing}", sound, scorer, settings, output=output, unsound=unsound)
