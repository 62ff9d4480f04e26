"""`ridescore batch score` starts with what it needs: its start is a tenth of scoring ten million rides."""

import json
import subprocess
import sys
from pathlib import Path

from scoring.registry.registry import Registry
from training.sample_rides import JANUARY
from training.train import TrainingPlan, train_version

SCRIPT = """
import json, sys
from cli.main import exit_of
code = exit_of(["batch", "score", sys.argv[1], "--output", sys.argv[2], "--processes", "1", "--json"])
packages = sorted({name.split(".")[0] for name in sys.modules})
print(json.dumps([code, packages, "pyarrow.compute" in sys.modules]))
"""
HEAVY = {"sklearn", "scipy", "pandas", "skops", "joblib", "fsspec", "prefect", "flask", "kafka", "redis", "rich"}


def test_scoring_a_month_by_a_linear_version_imports_no_heavy_package(tmp_path: Path) -> None:
    registry = Registry(str(tmp_path / "models"))
    registry.activate(train_version(TrainingPlan([str(JANUARY)]), registry).version)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT, str(JANUARY), str(tmp_path / "scored")],
        capture_output=True,
        text=True,
        check=True,
        env={"MODEL_REGISTRY": registry.location, "LOG_LEVEL": "ERROR", "PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    code, packages, has_compute = json.loads(done.stdout.splitlines()[-1])
    assert (code, done.stderr) == (0, "")
    assert {"batch", "pyarrow", "numpy"} <= set(packages)
    assert (HEAVY | {"prometheus_client"}).isdisjoint(packages)
    assert not has_compute, "what the TLC's files do not need"
