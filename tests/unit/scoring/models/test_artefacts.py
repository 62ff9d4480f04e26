"""A model is rebuilt by the kind that its manifest names."""

import pytest

from scoring.errors import ModelCorrupt, ModelIncompatible
from scoring.models.artefacts import model_from_artefacts
from scoring.models.linear import LinearModel
from scoring.rides.columns import RideColumns


@pytest.mark.parametrize("reads", ["codes", "dicts", "whatever"])
def test_the_linear_kind_does_not_mind_what_an_estimator_reads(
    reads: str, linear_model: LinearModel, rides: RideColumns
) -> None:
    copy = model_from_artefacts("linear", "pu_do+distance", reads, linear_model.artefacts())
    assert copy.kind == "linear"
    assert copy.score_rides(rides.rides()) == linear_model.score_rides(rides.rides())


@pytest.mark.parametrize(("kind", "reads"), [("onnx", "codes"), ("estimator", "tables"), ("", "")])
def test_an_unknown_kind_is_incompatible(kind: str, reads: str) -> None:
    with pytest.raises(ModelIncompatible) as refused:
        model_from_artefacts(kind, "pu,do", reads, {})
    assert f"kind {kind!r} that reads {reads!r} is unknown to this release; upgrade" in str(refused.value)


def test_an_unknown_feature_set_is_incompatible(linear_model: LinearModel) -> None:
    with pytest.raises(ModelIncompatible, match="no feature set is named 'pu,do,hour'"):
        model_from_artefacts("linear", "pu,do,hour", "codes", linear_model.artefacts())


def test_another_feature_set_is_corrupt(linear_model: LinearModel) -> None:
    with pytest.raises(ModelCorrupt, match="does not hold a linear model of pu,do"):
        model_from_artefacts("linear", "pu,do", "codes", linear_model.artefacts())


@pytest.mark.parametrize("missing", ["estimator.skops", "known.npz"])
def test_a_missing_file_is_named(missing: str) -> None:
    files = {"estimator.skops": b"", "known.npz": b""}
    del files[missing]
    with pytest.raises(ModelCorrupt, match=f"no file '{missing}'"):
        model_from_artefacts("estimator", "pu,do", "codes", files)
