"""One training run: read, fit, evaluate, and write an immutable version with its manifest."""

import math
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from typing import Final

import numpy as np

from scoring.errors import SettingsError
from scoring.features import DEFAULT_FEATURE_SET, FEATURE_SETS, feature_set
from scoring.models.model import Model
from scoring.prediction import rfc3339
from scoring.registry.golden import choose_golden_rides
from scoring.registry.histogram import Histogram
from scoring.registry.manifest import FORMAT, Manifest
from scoring.registry.registry import Registry
from scoring.rides.dialect import Column
from scoring.scorer import DEFAULT_MODEL_NAME
from training.algorithms import Parameters, build_regressor
from training.dataset import PastRides, read_past_rides
from training.evaluate import evaluate
from training.fit import fit_model

_LIBRARIES: Final = ("ridescore", "numpy", "scikit-learn", "skops", "pyarrow")
MODEL_NAME: Final = DEFAULT_MODEL_NAME


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """What to train.

    Attributes:
        training: files to learn from.
        validation: files to measure on; may be empty.
        algorithm: one of :data:`training.algorithms.ALGORITHMS`.
        parameters: given to the regressor by name.
        features: the name of a feature set.
        columns: the files' names for columns, where their dialect is their own.
        max_miles: leave longer rides out of training; validation keeps them, as they will be scored too.
    """

    training: Sequence[str]
    validation: Sequence[str] = ()
    algorithm: str = "linear"
    parameters: Parameters = field(default_factory=dict)
    features: str = DEFAULT_FEATURE_SET
    columns: Mapping[Column, str] | None = None
    max_miles: float | None = None


def train_version(
    plan: TrainingPlan, registry: Registry, on_stage: Callable[[str], None] = lambda _stage: None
) -> Manifest:
    """Train and register a version; it is not activated.

    Args:
        plan: what to train.
        registry: where the version is written.
        on_stage: is told what begins, for progress.

    Raises:
        RideFileError: a file cannot be read or has no usable rides.
        SettingsError: the algorithm, a parameter or the feature set is unknown.
        ModelError: the version could not be written; nothing was registered.
    """
    if plan.features not in FEATURE_SETS:
        raise SettingsError(f"no feature set is named {plan.features!r}; choose one of {', '.join(FEATURE_SETS)}")
    features = feature_set(plan.features)
    build_regressor(plan.algorithm, plan.parameters)  # a misspelt parameter is told before months of rides are read
    rows = 0

    def read(count: int) -> None:
        nonlocal rows
        rows += count
        on_stage(f"reading rides: {rows:,} rows")

    longest = math.inf if plan.max_miles is None else plan.max_miles
    training = read_past_rides(plan.training, features, plan.columns, read, longest)
    validation = read_past_rides(plan.validation, features, plan.columns, read) if plan.validation else None
    on_stage(f"fitting {plan.algorithm} on {len(training.columns):,} rides")
    model = fit_model(training, features, plan.algorithm, plan.parameters)
    on_stage("evaluating")
    metrics = {"training": evaluate(model, training)}
    if validation is not None:
        metrics["validation"] = evaluate(model, validation)
    on_stage("registering")
    draft = Manifest(
        format=FORMAT,
        name=MODEL_NAME,
        version="",
        kind=model.kind,
        features=features.name,
        reads="codes",
        created=rfc3339(datetime.now(UTC)),
        algorithm=plan.algorithm,
        parameters=dict(plan.parameters),
        training=list(training.files),
        validation=list(validation.files) if validation else [],
        metrics=metrics,
        artefacts=[],
        libraries={"python": platform.python_version()} | {name: installed_version(name) for name in _LIBRARIES},
        max_training_miles=plan.max_miles,
        histograms=_histograms(model, training),
        golden=choose_golden_rides(model, training.columns),
    )
    return registry.write(draft, model)


def _histograms(model: Model, rides: PastRides) -> dict[str, Histogram]:
    predicted, _known = model.score_columns(rides.columns)
    histograms = {
        "predicted_minutes": Histogram.of(predicted),
        "PULocationID": Histogram.of(rides.columns.pickup_zones.astype(np.float64)),
        "DOLocationID": Histogram.of(rides.columns.dropoff_zones.astype(np.float64)),
    }
    if model.features.uses_distance:
        histograms["trip_distance"] = Histogram.of(rides.columns.distances_miles)
    return histograms
