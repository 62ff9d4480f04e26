"""A registry's first version, trained on the bundled rides, so that a new installation scores at once."""

from collections.abc import Sequence
from typing import Final

from scoring.errors import ModelError
from scoring.registry.manifest import Manifest
from scoring.registry.registry import Registry
from training import sample_rides
from training.train import TrainingPlan, train_version

_ALGORITHMS: Final = ("linear", "hist-gradient-boosting")


def train_sample_versions(registry: Registry) -> Sequence[Manifest]:
    """Train on the bundled January, measure on February, and register each; the best on February comes first."""
    months = [str(sample_rides.JANUARY)], [str(sample_rides.FEBRUARY)]
    trained = [train_version(TrainingPlan(*months, algorithm), registry) for algorithm in _ALGORITHMS]
    return sorted(trained, key=lambda each: each.metrics["validation"].rmse_minutes)


def ensure_first_model(registry: Registry) -> Manifest | None:
    """Train versions and activate the best where the registry is empty.

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
    best = train_sample_versions(registry)[0]
    registry.activate(best.version)
    return best
