"""Several versions measured on the very same rides, so that their errors can be compared.

The errors in two manifests cannot: each version was measured on the months of its own training.
"""

from collections.abc import Mapping, Sequence

from scoring.features import DEFAULT_FEATURE_SET, feature_set
from scoring.models.model import Model
from scoring.registry.manifest import Metrics
from scoring.rides.dialect import Column
from training.dataset import read_past_rides
from training.evaluate import evaluate


def compare(models: Sequence[Model], paths: Sequence[str], given: Mapping[Column, str] | None = None) -> list[Metrics]:
    """Measure each model on past rides.

    Args:
        models: at least one; where any asks for the distance, all are measured on rides that have one.
        paths: parquet or CSV files of rides with drop-off times, local or fsspec URLs.
        given: the files' names for columns, where their dialect is their own.

    Returns:
        Errors in minutes, a :class:`Metrics` a model, in their order.

    Raises:
        RideFileError: a file cannot be read or has no usable rides.
        ModelFailed: a model raised.
    """
    uses_distance = any(model.features.uses_distance for model in models)
    features = feature_set(DEFAULT_FEATURE_SET) if uses_distance else models[0].features
    rides = read_past_rides(paths, features, given)
    return [evaluate(model, rides) for model in models]
