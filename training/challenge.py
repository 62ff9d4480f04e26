"""A new version challenges the active one: both are measured on the newest month, and only the better one scores.

Knows no scheduler: a flow or a command gives the files and shows the verdict.
"""

from collections.abc import Callable
from dataclasses import replace

import msgspec

from scoring.errors import ModelError, SettingsError
from scoring.registry.active import Active
from scoring.registry.manifest import Manifest, Metrics
from scoring.registry.registry import Registry
from scoring.registry.version import LoadedVersion
from scoring.rides.file_bytes import digest_and_size
from scoring.rides.months import newest_month
from training.comparison import compare
from training.train import TrainingPlan, train_version

OnStage = Callable[[str], None]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a challenge.

    Attributes:
        version: the challenger.
        trained: whether it was trained now; False where the registry had one of the same plan and files.
        training, validation: paths of the files.
        measured: its errors on the validation files.
        champion: the version that was active; None where none was.
        champion_measured: its errors on the same rides; None where there is none, or it cannot score.
        activated: whether the challenger was made active by this.
        active: what ACTIVE says after it; None where nothing is active.
        reason: why it was activated or not, in a sentence.
    """

    version: str
    trained: bool
    training: list[str]
    validation: list[str]
    measured: Metrics
    champion: str | None
    champion_measured: Metrics | None
    activated: bool
    active: Active | None
    reason: str


def challenge(plan: TrainingPlan, registry: Registry, on_stage: OnStage = lambda _stage: None) -> Verdict:
    """Train and register a version, and activate it if it predicts the validation files better than the active one.

    Run again on the same files it registers nothing new.

    Args:
        plan: what to train; without validation files, the newest month among its training files is measured on.
        registry: of both versions.
        on_stage: is told what begins, for progress.

    Raises:
        SettingsError: there are not two months, or the plan cannot be trained.
        RideFileError: a file cannot be read or has no usable rides.
        ModelError: the version could not be written or activated.
    """
    plan = _with_validation(plan)
    before = registry.active()
    manifest = _registered(plan, registry)
    trained = manifest is None
    if manifest is None:
        manifest = train_version(plan, registry, on_stage)
    on_stage("comparing with the active version")
    challenger = registry.load(manifest.version)
    champion, problem = _champion(registry, before)
    models = [each.model for each in (challenger, champion) if each is not None]
    measured, *others = compare(models, plan.validation, plan.columns)
    champion_measured = others[0] if others else None
    better, reason = _judged(challenger, measured, champion, champion_measured, problem)
    active, activated = registry.active(), False
    if better and active != before:
        reason = "it predicts better, but another version was made active in the meantime: run this again"
    elif better:
        active, activated = registry.activate(manifest.version), True
    return Verdict(
        version=manifest.version,
        trained=trained,
        training=list(plan.training),
        validation=list(plan.validation),
        measured=measured,
        champion=before.version if before else None,
        champion_measured=champion_measured,
        activated=activated,
        active=active,
        reason=reason,
    )


def _with_validation(plan: TrainingPlan) -> TrainingPlan:
    if plan.validation:
        return plan
    older, newest = newest_month(plan.training)
    if not older:
        raise SettingsError(
            "a new version is trained on one month at least and measured on a newer one; "
            f"there is only {', '.join(newest) or 'no file'}: add a month, or name the files to measure on"
        )
    return replace(plan, training=older, validation=newest)


def _registered(plan: TrainingPlan, registry: Registry) -> Manifest | None:
    """The newest version that this very plan made of the same bytes, if there is one."""
    digests = [digest_and_size(path)[0] for path in plan.training]
    for version in reversed(registry.versions()):
        try:
            manifest = registry.manifest(version)
        except ModelError:  # a damaged version is none to take over
            continue
        same_plan = (manifest.algorithm, manifest.parameters, manifest.features, manifest.max_training_miles) == (
            plan.algorithm,
            dict(plan.parameters),
            plan.features,
            plan.max_miles,
        )
        if same_plan and plan.columns is None and [file.sha256 for file in manifest.training] == digests:
            return manifest
    return None


def _champion(registry: Registry, active: Active | None) -> tuple[LoadedVersion | None, str]:
    if active is None:
        return None, ""
    try:
        return registry.load_chosen(active), ""
    except ModelError as error:
        return None, str(error)


def _judged(
    challenger: LoadedVersion,
    measured: Metrics,
    champion: LoadedVersion | None,
    champion_measured: Metrics | None,
    problem: str,
) -> tuple[bool, str]:
    if problem:
        return False, f"the active version cannot be compared with: {problem}"
    if champion is None or champion_measured is None:
        return True, "no version was active"
    if champion.manifest.version == challenger.manifest.version:
        return False, "it is the active version already"
    ours, theirs = measured.rmse_minutes, champion_measured.rmse_minutes
    compared = f"its RMSE is {ours:.4f} minutes, that of {champion.manifest.version} {theirs:.4f}"
    validation = {file.sha256 for file in challenger.manifest.validation}
    if validation & {file.sha256 for file in champion.manifest.training}:
        compared += " (which was trained on the very month that both are measured on)"
    return ours < theirs, f"{compared}, on {measured.rides:,} rides"
