"""A worker with a linear model starts without scikit-learn and its kin."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from scoring.models.linear import LinearModel
from scoring.registry.manifest import Manifest
from scoring.registry.registry import Registry
from scoring.rides.ride import Ride

SCRIPT = """
import json, sys
from scoring.registry.registry import Registry
from scoring.rides.columns import RideColumns
from scoring.rides.ride import Ride
from scoring.scorer import Scorer

loaded = Registry(sys.argv[1]).load_active()
ride = Ride(130, 205, 3.66)
scorer = Scorer(loaded.model, loaded.manifest.version)
durations = [
    scorer.score(ride, "one").duration,
    scorer.score_rides([ride], ["one"])[0].duration,
    float(scorer.score_columns(RideColumns.of([ride])).durations_minutes[0]),
]
packages = sorted({name.split(".")[0] for name in sys.modules})
print(json.dumps([durations, packages]))
"""


def test_loading_and_scoring_a_linear_version_imports_no_heavy_package(
    tmp_path: Path, linear_model: LinearModel, drafted: Callable[..., Manifest]
) -> None:
    registry = Registry(str(tmp_path))
    registry.activate(registry.write(drafted(linear_model), linear_model).version)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, check=True
    )
    durations, packages = json.loads(done.stdout)
    assert durations == [linear_model.score_ride(Ride(130, 205, 3.66))[0]] * 3
    assert {"scoring", "numpy", "msgspec"} <= set(packages)
    heavy = {"sklearn", "scipy", "pandas", "pyarrow", "skops", "joblib", "fsspec", "prefect", "flask", "kafka", "redis"}
    assert heavy.isdisjoint(packages)


FOLLOWS = """
import sys
from prometheus_client import CollectorRegistry
from scoring.following.follower import Follower
from scoring.metrics import Metrics
from scoring.settings.model_settings import ModelSettings
from scoring.settings.redis_settings import RedisSettings

with Follower(ModelSettings(registry=sys.argv[1]), RedisSettings(), Metrics(CollectorRegistry())) as follower:
    assert follower.redis_state == "not configured"
    print(follower.current().model_version)
    print(*sorted({name.split(".")[0] for name in sys.modules}))
"""


def test_following_without_redis_imports_no_client_of_it(
    tmp_path: Path, linear_model: LinearModel, drafted: Callable[..., Manifest]
) -> None:
    registry = Registry(str(tmp_path))
    version = registry.activate(registry.write(drafted(linear_model), linear_model).version).version
    command = [sys.executable, "-W", "error", "-c", FOLLOWS, str(tmp_path)]
    told, packages = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert told == version
    assert {"redis", "sklearn", "scipy", "pandas", "pyarrow"}.isdisjoint(packages.split())
