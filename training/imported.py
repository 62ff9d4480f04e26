"""From a notebook's pickle to a registered version: the same model, with what is known of it."""

import platform
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from pathlib import Path

from scoring.models.compile import probe_rides
from scoring.models.estimator import EstimatorModel
from scoring.models.pickled import read_pickled_model
from scoring.prediction import rfc3339
from scoring.registry.golden import choose_golden_rides
from scoring.registry.manifest import FORMAT, Manifest
from scoring.registry.registry import Registry
from training.train import MODEL_NAME


def import_pickle(path: Path, registry: Registry) -> Manifest:
    """Register the model in a pickle; its golden rides are made up, as its training rides are not known.

    Args:
        path: a pickled (DictVectorizer, regressor), a pipeline, or a regressor with ``dv.bin`` beside it.
        registry: where the version is written.

    Raises:
        ModelNotFound, ModelCorrupt, ModelIncompatible: the file does not hold a model that can score.
        ModelError: the version could not be written.
    """
    pickled = read_pickled_model(path)
    model = pickled.model
    draft = Manifest(
        format=FORMAT,
        name=MODEL_NAME,
        version="",
        kind=model.kind,
        features=model.features.name,
        reads=model.reads if isinstance(model, EstimatorModel) else "codes",
        created=rfc3339(datetime.now(UTC)),
        algorithm="imported",
        parameters={"file": path.name, "sha256": pickled.sha256},
        training=[],
        validation=[],
        metrics={},
        artefacts=[],
        libraries={"python": platform.python_version(), "ridescore": installed_version("ridescore")},
        max_training_miles=None,
        histograms={},
        golden=choose_golden_rides(model, probe_rides()),
    )
    return registry.write(draft, model)
