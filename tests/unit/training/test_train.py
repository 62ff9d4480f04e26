"""A training run from files to a registered version that loads and scores."""

import hashlib
import platform
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import fsspec
import pyarrow.parquet as pq
import pytest

from scoring.errors import RideFileError, SettingsError
from scoring.features import FEATURE_SETS, feature_set
from scoring.registry.golden import GOLDEN_RIDES
from scoring.registry.manifest import Manifest
from scoring.registry.registry import Registry
from scoring.rides.dialect import Column
from training.algorithms import ALGORITHMS, ONE_HOT_ALGORITHMS
from training.dataset import read_past_rides
from training.evaluate import evaluate
from training.sample_rides import FEBRUARY, JANUARY
from training.train import MODEL_NAME, TrainingPlan, train_version

QUICK: dict[str, dict[str, Any]] = {"random-forest": {"n_estimators": 5}, "hist-gradient-boosting": {"max_iter": 10}}
Train = Callable[..., Manifest]


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(str(tmp_path / "models"))


@pytest.fixture
def train(registry: Registry) -> Train:
    def run(**options: Any) -> Manifest:
        return train_version(TrainingPlan(training=[str(JANUARY)], **options), registry)

    return run


@pytest.mark.parametrize("features", FEATURE_SETS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_and_feature_set_is_registered_loads_and_scores_as_measured(
    train: Train, registry: Registry, algorithm: str, features: str
) -> None:
    manifest = train(
        validation=[str(FEBRUARY)], algorithm=algorithm, features=features, parameters=QUICK.get(algorithm, {})
    )
    loaded = registry.load(manifest.version)
    assert loaded.manifest == manifest
    assert loaded.model.features.name == features
    assert loaded.model.kind == ("linear" if algorithm in ONE_HOT_ALGORITHMS else "estimator")
    for name, path in (("training", JANUARY), ("validation", FEBRUARY)):
        assert evaluate(loaded.model, read_past_rides([str(path)], feature_set(features))) == manifest.metrics[name]
    for golden in manifest.golden:
        assert loaded.model.score_ride(golden.ride) == (golden.duration_minutes, golden.known_route)


def test_the_manifest_says_what_was_trained_on_what(train: Train, registry: Registry) -> None:
    before = datetime.now(UTC)
    manifest = train(validation=[str(FEBRUARY)], algorithm="ridge", parameters={"alpha": 0.5})
    after = datetime.now(UTC)
    assert (manifest.format, manifest.name, manifest.kind) == (1, MODEL_NAME, "linear")
    assert (manifest.algorithm, manifest.parameters) == ("ridge", {"alpha": 0.5})
    assert (manifest.features, manifest.reads) == ("pu_do+distance", "codes")
    assert before <= datetime.fromisoformat(manifest.created) <= after
    assert manifest.created.endswith("Z")
    assert manifest.version.startswith(manifest.created[:10].replace("-", ""))
    assert registry.versions() == [manifest.version]


def test_the_manifest_records_files_by_digest_and_rows(train: Train) -> None:
    manifest = train(validation=[str(FEBRUARY)])
    for path, rows, (record,) in ((JANUARY, 3_000, manifest.training), (FEBRUARY, 1_000, manifest.validation)):
        content = path.read_bytes()
        assert (record.name, record.size_bytes) == (path.name, len(content))
        assert record.sha256 == hashlib.sha256(content).hexdigest()
        assert record.rows_read == rows
        assert 0 < record.rows_kept < rows
    assert manifest.metrics["training"].rides == manifest.training[0].rows_kept
    assert manifest.metrics["validation"].rides == manifest.validation[0].rows_kept


def test_the_manifest_names_the_libraries(train: Train) -> None:
    named = {name: installed_version(name) for name in ("ridescore", "numpy", "scikit-learn", "skops", "pyarrow")}
    assert train().libraries == {"python": platform.python_version()} | named


def test_the_artefacts_have_the_digests_of_the_manifest(train: Train, tmp_path: Path) -> None:
    manifest = train()
    folder = tmp_path / "models" / "versions" / manifest.version
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["manifest.json", *(each.name for each in manifest.artefacts)]
    )
    for artefact in manifest.artefacts:
        content = (folder / artefact.name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (artefact.size_bytes, artefact.sha256)


@pytest.mark.parametrize("features", FEATURE_SETS)
def test_histograms_count_every_training_ride_once(train: Train, features: str) -> None:
    manifest = train(features=features)
    uses_distance = feature_set(features).uses_distance
    assert set(manifest.histograms) == {"predicted_minutes", "PULocationID", "DOLocationID"} | (
        {"trip_distance"} if uses_distance else set()
    )
    for histogram in manifest.histograms.values():
        assert sum(histogram.counts) == manifest.training[0].rows_kept
        assert len(histogram.counts) == len(histogram.edges) + 1
        assert histogram.edges == sorted(set(histogram.edges))


def test_ten_golden_rides_are_training_rides(train: Train) -> None:
    manifest = train()
    rides = set(read_past_rides([str(JANUARY)], feature_set(manifest.features)).columns.rides())
    assert len(manifest.golden) == GOLDEN_RIDES == 10
    assert {each.ride for each in manifest.golden} <= rides
    assert all(each.known_route for each in manifest.golden)


def test_without_validation_files_only_training_is_measured(train: Train) -> None:
    manifest = train()
    assert set(manifest.metrics) == {"training"}
    assert manifest.validation == []


@pytest.mark.parametrize("algorithm", sorted(ONE_HOT_ALGORITHMS))
@pytest.mark.parametrize("features", FEATURE_SETS)
def test_the_same_files_give_the_same_artefact_bytes(train: Train, algorithm: str, features: str) -> None:
    once, again = train(algorithm=algorithm, features=features), train(algorithm=algorithm, features=features)
    assert once.version != again.version
    assert once.artefacts == again.artefacts
    assert once.golden == again.golden
    assert once.metrics == again.metrics
    assert once.histograms == again.histograms


@pytest.mark.parametrize("algorithm", sorted(QUICK))
def test_the_same_files_give_the_same_trees(train: Train, algorithm: str) -> None:
    once, again = (train(algorithm=algorithm, parameters=QUICK[algorithm]) for _ in range(2))
    assert once.golden == again.golden
    assert once.metrics == again.metrics
    assert once.histograms == again.histograms


def test_several_files_are_learnt_from_together(registry: Registry) -> None:
    manifest = train_version(TrainingPlan(training=[str(JANUARY), str(FEBRUARY)]), registry)
    assert [each.name for each in manifest.training] == [JANUARY.name, FEBRUARY.name]
    assert manifest.metrics["training"].rides == sum(each.rows_kept for each in manifest.training)


def test_zones_alone_are_learnt_from_files_without_distance_under_names_of_their_own(
    registry: Registry, tmp_path: Path
) -> None:
    table = pq.read_table(JANUARY).select(
        ["lpep_pickup_datetime", "lpep_dropoff_datetime", "PULocationID", "DOLocationID"]
    )
    path = tmp_path / "own.parquet"
    pq.write_table(table.rename_columns(["began", "ended", "from", "to"]), path)
    columns = {
        Column.PICKUP: "began",
        Column.DROPOFF: "ended",
        Column.PULocationID: "from",
        Column.DOLocationID: "to",
    }
    manifest = train_version(TrainingPlan(training=[str(path)], features="pu,do", columns=columns), registry)
    assert registry.load(manifest.version).manifest.training[0].name == "own.parquet"


def test_a_trained_version_is_not_activated(train: Train, registry: Registry) -> None:
    manifest = train()
    assert registry.active() is None
    registry.activate(manifest.version)
    assert registry.load_active().manifest == manifest


def test_stages_are_told_in_their_order(registry: Registry) -> None:
    stages: list[str] = []
    manifest = train_version(TrainingPlan(training=[str(JANUARY)]), registry, stages.append)
    rides = manifest.training[0].rows_kept
    assert stages == ["reading rides: 3,000 rows", f"fitting linear on {rides:,} rides", "evaluating", "registering"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"algorithm": "xgboost"}, "no model is named 'xgboost'; choose one of linear, ridge"),
        ({"algorithm": "ridge", "parameters": {"alfa": 1}}, "ridge takes no parameter alfa; it takes alpha"),
        ({"features": "pu_do"}, r"no feature set is named 'pu_do'; choose one of pu_do\+distance"),
    ],
)
def test_a_plan_that_cannot_work_is_refused_before_any_file_is_read(
    registry: Registry, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        train_version(TrainingPlan(training=[str(tmp_path / "not-there.parquet")], **options), registry)


@pytest.mark.parametrize("missing", ["training", "validation"])
def test_a_missing_file_registers_nothing(registry: Registry, tmp_path: Path, missing: str) -> None:
    paths = {"training": [str(JANUARY)], "validation": [str(FEBRUARY)]}
    paths[missing] = [str(tmp_path / "none.parquet")]
    with pytest.raises(RideFileError, match=r"there is no file .*none\.parquet"):
        train_version(TrainingPlan(**paths), registry)
    assert registry.versions() == []


def test_a_parameter_value_that_does_not_suit_registers_nothing(train: Train, registry: Registry) -> None:
    with pytest.raises(SettingsError, match="The 'alpha' parameter of Ridge"):
        train(algorithm="ridge", parameters={"alpha": -1})
    assert registry.versions() == []


def test_a_registry_may_be_a_url() -> None:
    registry = Registry("memory://train-test/models")
    try:
        manifest = train_version(TrainingPlan(training=[str(FEBRUARY)]), registry)
        assert registry.load(manifest.version).manifest == manifest
    finally:
        fsspec.filesystem("memory").rm("/train-test", recursive=True)
