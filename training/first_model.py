"""A registry's first version, trained on the bundled rides, so that a new installation scores at once."""

from collections.abc import Sequence
from typing import Final

from scoring.errors import ModelError
from scoring.registry.manifest import Manifest
from scoring.registry.registry import Registry
from training import sample_rides
from training.train import TrainingPlan, train_version

_DEMO_ALGORITHMS: Final = ("linear", "hist-gradient-boosting")
# What notebooks begin with, on the features that they use: data alone, read in milliseconds without scikit-learn. Plain
# least squares gives some of the few thousand bundled rides' routes less than no minutes; ridge regression holds back.
FIRST_ALGORITHM: Final = "ridge"


def train_sample_versions(registry: Registry) -> Sequence[Manifest]:
    """Train on the bundled January, measure on February, and register each; the best on February comes first."""
    trained = [_train(algorithm, registry) for algorithm in _DEMO_ALGORITHMS]
    return sorted(trained, key=lambda each: each.metrics["validation"].rmse_minutes)


def ensure_first_model(registry: Registry) -> Manifest | None:
    """Train a linear version and activate it where the registry is empty.

    Args:
        registry: what to look at; one with an active version is left as it is.

    Returns:
        The active version's manifest; None where one was active already.

    Raises:
        ModelError: there are versions but none is active: which one scores is for a person to say.
    """
    if registry.active() is not None:
        return None
    if versions := registry.versions():
        raise ModelError(
            f"{registry.location} has versions and none is active; choose one: ridescore models activate {versions[-1]}"
        )
    made = _train(FIRST_ALGORITHM, registry)
    registry.activate(made.version)
    return made


def _train(algorithm: str, registry: Registry) -> Manifest:
    return train_version(TrainingPlan([str(sample_rides.JANUARY)], [str(sample_rides.FEBRUARY)], algorithm), registry)
