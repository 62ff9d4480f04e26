"""The registry, in a directory and at a URL alike: write, list, load, activate, roll back."""

import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sklearn.tree import DecisionTreeRegressor

from scoring.errors import ModelCorrupt, ModelError, ModelNotFound
from scoring.features import feature_set
from scoring.models.estimator import EstimatorModel
from scoring.models.known import KnownLocations
from scoring.models.linear import LinearModel
from scoring.registry.active import Active
from scoring.registry.manifest import Manifest, Metrics, decode_manifest
from scoring.registry.registry import Registry
from scoring.rides.columns import RideColumns

Drafted = Callable[..., Manifest]
Written = Callable[..., str]


def test_a_linear_version_comes_back_bit_equal(
    shelf: Any, linear_model: LinearModel, drafted: Drafted, rides: RideColumns
) -> None:
    manifest = shelf.registry.write(drafted(linear_model), linear_model)
    loaded = shelf.registry.load(manifest.version)
    assert loaded.manifest == manifest == shelf.registry.manifest(manifest.version)
    assert loaded.model.kind == "linear"
    assert loaded.model.score_rides(rides.rides()) == linear_model.score_rides(rides.rides())
    assert loaded.model.artefacts() == linear_model.artefacts()


def test_an_estimator_version_comes_back_bit_equal(shelf: Any, drafted: Drafted, rides: RideColumns) -> None:
    features = feature_set("pu,do,distance")
    tree = DecisionTreeRegressor(max_depth=6, random_state=1).fit(features.code_matrix(rides), rides.distances_miles)
    model = EstimatorModel(features, tree, KnownLocations.seen_in(rides, features))
    manifest = shelf.registry.write(drafted(model), model)
    loaded = shelf.registry.load(manifest.version)
    assert loaded.model.kind == "estimator"
    assert [artefact.name for artefact in manifest.artefacts] == ["estimator.skops", "known.npz"]
    assert loaded.model.score_rides(rides.rides()) == model.score_rides(rides.rides())


def test_a_version_is_named_by_its_time_and_its_content(
    shelf: Any, linear_model: LinearModel, drafted: Drafted
) -> None:
    manifest = shelf.registry.write(drafted(linear_model), linear_model)
    assert re.fullmatch(r"20260102-030405-[0-9a-f]{6}", manifest.version)
    slower = replace(linear_model, intercept_minutes=11.0)
    other = shelf.registry.write(drafted(slower), slower)
    assert other.version != manifest.version
    files = shelf.snapshot()
    assert set(files) == {
        f"versions/{each.version}/{name}" for each in (manifest, other) for name in ("linear.npz", "manifest.json")
    }
    content = files[f"versions/{manifest.version}/linear.npz"]
    assert [artefact.size_bytes for artefact in manifest.artefacts] == [len(content)]
    assert decode_manifest(files[f"versions/{manifest.version}/manifest.json"], "it") == manifest


def test_versions_are_listed_oldest_first(shelf: Any, written: Written) -> None:
    assert shelf.registry.versions() == []
    versions = [written(shelf) for _ in range(3)]
    assert shelf.registry.versions() == versions == sorted(versions)
    assert Registry(shelf.registry.location).versions() == versions


def test_a_written_version_is_never_changed(shelf: Any, linear_model: LinearModel, drafted: Drafted) -> None:
    manifest = shelf.registry.write(drafted(linear_model), linear_model)
    before = shelf.snapshot()
    with pytest.raises(
        ModelError, match=rf"/versions/{manifest.version} exists already, and a version is never changed"
    ):
        shelf.registry.write(drafted(linear_model), linear_model)
    assert shelf.snapshot() == before


def test_activations_count_and_remember_the_one_before(shelf: Any, written: Written) -> None:
    first, second, third = written(shelf), written(shelf), written(shelf)
    assert shelf.registry.active() is None
    assert shelf.registry.activate(first) == Active(first, None, 1)
    assert shelf.registry.activate(third) == Active(third, first, 2)
    assert shelf.registry.activate(second) == Active(second, third, 3)
    assert shelf.registry.active() == Active(second, third, 3)
    assert shelf.registry.load_active().manifest.version == second
    assert Registry(shelf.registry.location).active() == Active(second, third, 3)


def test_activating_the_active_version_changes_nothing(shelf: Any, written: Written) -> None:
    first, second = written(shelf), written(shelf)
    shelf.registry.activate(first)
    shelf.registry.activate(second)
    before = shelf.snapshot()
    assert shelf.registry.activate(second) == Active(second, first, 2)
    assert shelf.snapshot() == before


def test_a_rollback_goes_back_and_a_second_one_forth(shelf: Any, written: Written) -> None:
    first, second = written(shelf), written(shelf)
    shelf.registry.activate(first)
    shelf.registry.activate(second)
    assert shelf.registry.rollback() == Active(first, second, 3)
    assert shelf.registry.load_active().manifest.version == first
    assert shelf.registry.rollback() == Active(second, first, 4)


def test_without_a_version_before_there_is_no_rollback(shelf: Any, written: Written) -> None:
    version = written(shelf)
    for _ in range(2):
        with pytest.raises(ModelNotFound, match="has no version before this one to roll back to"):
            shelf.registry.rollback()
        shelf.registry.activate(version)
    assert shelf.registry.active() == Active(version, None, 1)


@pytest.mark.parametrize("change", ["activate", "rollback"])
def test_a_corrupt_version_is_not_made_active(change: str, shelf: Any, written: Written) -> None:
    first, second = written(shelf), written(shelf)
    if change == "rollback":
        shelf.registry.activate(first)
    shelf.registry.activate(second)
    shelf.overwrite(f"versions/{first}/linear.npz", b"damaged")
    before = shelf.snapshot()
    with pytest.raises(ModelCorrupt, match=rf"{first}/linear\.npz has 7 bytes"):
        shelf.registry.activate(first) if change == "activate" else shelf.registry.rollback()
    assert shelf.snapshot() == before
    assert shelf.registry.load_active().manifest.version == second


def test_an_empty_registry_says_how_to_fill_it(shelf: Any) -> None:
    assert shelf.registry.active() is None
    with pytest.raises(ModelNotFound) as missing:
        shelf.registry.load_active()
    assert str(missing.value) == (
        f"the registry {shelf.registry.location} has no active version; train one with "
        f"`ridescore train --data FILE --registry {shelf.registry.location} --activate`"
    )
    with pytest.raises(ModelNotFound):
        shelf.registry.rollback()


def test_a_registry_with_no_active_version_says_how_to_choose_one(shelf: Any, written: Written) -> None:
    written(shelf)
    with pytest.raises(ModelNotFound, match=r"or choose one with `ridescore models activate`$"):
        shelf.registry.load_active()


@pytest.mark.parametrize(
    "name", ["../x", "..", ".", "", "/etc", "a/b", "a\\b", ".hidden", "-v", "a\n", "é", "x" * 101, "a\0b", "%2e%2e"]
)
def test_what_is_no_version_name_is_refused(name: str, shelf: Any, written: Written) -> None:
    written(shelf)
    before = shelf.snapshot()
    for ask in (shelf.registry.load, shelf.registry.manifest, shelf.registry.activate):
        with pytest.raises(ModelNotFound) as refused:
            ask(name)
        assert str(refused.value) == f"{name!r} is no version's name; see `ridescore models list`"
    assert shelf.snapshot() == before


def test_a_version_that_is_not_there_is_named(shelf: Any, written: Written) -> None:
    written(shelf)
    with pytest.raises(
        ModelNotFound, match=r"/versions/nope is no model version: it has no manifest\.json; see `ridescore"
    ):
        shelf.registry.activate("nope")


def test_a_manifest_that_could_not_be_read_again_is_not_written(shelf: Any, written: Written) -> None:
    with pytest.raises(ModelError, match=r"not finite .*rmse_minutes.*; nothing was registered"):
        written(shelf, metrics={"training": Metrics(1, math.nan, 1.0, 1.0)})
    assert shelf.registry.versions() == []
