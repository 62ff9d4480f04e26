"""The flow `train_and_register`: a new version challenges the active one, and scores only if it is better."""

import logging
from typing import Final

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from batch.inputs import expand
from flows.begin import begin
from flows.file_tasks import retried
from flows.pages import publish, training_page
from flows.progress import Progress
from flows.transient import retry_what_may_pass
from scoring.errors import RedisUnavailable
from scoring.features import DEFAULT_FEATURE_SET
from scoring.registry.registry import Registry
from scoring.rides.months import month_of
from scoring.settings.settings import Settings
from training.challenge import Verdict, challenge
from training.train import TrainingPlan

log = logging.getLogger(__name__)

_ANNOUNCE_SECONDS: Final = 5.0
# How far a stage of training is when it begins; reading and fitting take nearly all of the time.
_PERCENT: Final = {"reading": 5, "fitting": 30, "evaluating": 80, "registering": 90, "comparing": 92}


@task(name="train and compare", cache_policy=NO_CACHE, persist_result=False, retry_condition_fn=retry_what_may_pass)
def train_and_compare(plan: TrainingPlan, registry: str) -> Verdict:
    """Train, measure both, register, activate the better."""
    progress = Progress(0, f"training {plan.algorithm}")
    told = ""

    def on_stage(stage: str) -> None:
        nonlocal told
        name = stage.split(" ", 1)[0].rstrip(":")
        if name != told:
            told = name
            progress.reach(_PERCENT.get(name, 0))

    verdict = challenge(plan, Registry(registry), on_stage)
    progress.reach(100.0)
    return verdict


@flow(name="train_and_register", persist_result=False)
def train_and_register(
    files: list[str] | None = None,
    validation: list[str] | None = None,
    model: str = "linear",
    parameters: dict[str, str | int | float | bool | None] | None = None,
    features: str = DEFAULT_FEATURE_SET,
    max_miles: float | None = None,
) -> Verdict:
    """Train a version on all months but the newest, measure it and the active one on that, activate the better.

    Args:
        files: to train on; all files of FLOWS_LANDING whose names hold a month by default.
        validation: to measure on; the newest month among the files by default.
        model: linear, ridge, lasso, random-forest or hist-gradient-boosting.
        parameters: for the regressor.
        features: what the model is told of a ride.
        max_miles: leave longer rides out of training.
    """
    settings = begin()
    months = expand(files) if files else [path for path in expand([settings.flows.landing]) if month_of(path)]
    plan = TrainingPlan(
        months,
        expand(validation) if validation else (),
        algorithm=model,
        parameters=parameters or {},
        features=features,
        max_miles=max_miles,
    )
    verdict = train_and_compare.with_options(**retried(settings.flows))(plan, settings.model.registry)
    publish(training_page(verdict))
    outcome = {"model_version": verdict.version, "previous_version": verdict.champion, "reason": verdict.reason}
    if verdict.activated:
        log.info("new model version activated", extra=outcome)
        _announce(verdict, settings)
    else:
        log.info("new model version not activated", extra=outcome)
    return verdict


def _announce(verdict: Verdict, settings: Settings) -> None:
    if settings.redis.url is None or verdict.active is None:
        return
    from scoring.redis.look_now import announce_once

    try:
        announce_once(settings.redis.url, verdict.active, _ANNOUNCE_SECONDS)
    except RedisUnavailable as error:
        log.warning("other processes were not told of the new version", extra={"error": str(error)})
