"""From the files of a version back to its model, by the kind that its manifest names."""

from collections.abc import Mapping

from scoring.errors import ModelIncompatible
from scoring.features import feature_set
from scoring.models.linear import LinearModel
from scoring.models.model import Model


def model_from_artefacts(kind: str, features: str, reads: str, files: Mapping[str, bytes]) -> Model:
    """Build a model; scikit-learn is imported only for the estimator kind.

    Args:
        kind: ``linear`` or ``estimator``.
        features: the name of its feature set.
        reads: what an estimator's first step takes, ``dicts`` or ``codes``; ignored for the linear kind.
        files: its artefacts by name.

    Raises:
        ModelCorrupt: a file is missing or damaged.
        ModelIncompatible: this release does not know the kind or the feature set, or cannot rebuild the estimator.
    """
    known_features = feature_set(features)
    if kind == "linear":
        return LinearModel.from_artefacts(known_features, files)
    if kind == "estimator" and reads in ("dicts", "codes"):
        from scoring.models.estimator import EstimatorModel

        return EstimatorModel.from_artefacts(known_features, files, "dicts" if reads == "dicts" else "codes")
    raise ModelIncompatible(
        f"a model of kind {kind!r} that reads {reads!r} is unknown to this release; upgrade ridescore or train again"
    )
