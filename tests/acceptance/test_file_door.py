"""Whole months of green and a sample of yellow through `ridescore batch`: `make months DIR=folder`.

Beside the months of :mod:`tests.acceptance.test_green_months` the folder may hold `yellow_tripdata_sample_2019-01.csv`.
"""

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from batch.reader import prediction_paths
from bench.notebook_model import pickle_the_notebook_way
from scoring.registry.registry import Registry
from training.train import TrainingPlan, train_version

FOLDER = Path(os.environ.get("RIDESCORE_MONTHS", ""))
INPUTS = sorted(FOLDER.glob("green_tripdata_2021-0[123].parquet")) + sorted(FOLDER.glob("yellow_tripdata_sample*.csv"))

pytestmark = pytest.mark.skipif(
    not os.environ.get("RIDESCORE_MONTHS"), reason="set RIDESCORE_MONTHS to a folder with green 2021-01, -02 and -03"
)


def ridescore(registry: str, *words: str) -> Any:
    """What a command prints as JSON."""
    environment = {**os.environ, "MODEL_REGISTRY": registry, "LOG_LEVEL": "ERROR"}
    command = [sys.executable, "-c", "from cli.main import run; run()", "batch", *words, "--json"]
    done = subprocess.run(command, check=True, env=environment, capture_output=True, text=True, timeout=300)
    return json.loads(done.stdout)


def rows_of(path: Path) -> int:
    read = csv.read_csv if path.suffix == ".csv" else pq.read_table
    return int(read(path).num_rows)


def test_every_row_comes_out_once_as_scikit_learn_scores_it(tmp_path: Path) -> None:
    registry = Registry(str(tmp_path / "models"))
    registry.activate(train_version(TrainingPlan([str(INPUTS[0])]), registry).version)
    pickle_the_notebook_way([str(INPUTS[0])], tmp_path / "model.pkl")
    output = str(tmp_path / "scored")
    report = ridescore(registry.location, "score", *map(str, INPUTS), "--output", output, "--processes", "2")
    for path, file in zip(INPUTS, report["files"], strict=True):
        print(path.name, file["rows_in"], "=", file["rows_out"], "+", file["rows_quarantined"])  # noqa: T201
        assert file["rows_in"] == file["rows_out"] + file["rows_quarantined"] == rows_of(path)
    assert all(each["problem"] is None for each in ridescore(registry.location, "verify", output))
    assert len(ridescore(registry.location, "show", output)) == len(INPUTS)
    vectorizer, regressor = pickle.loads((tmp_path / "model.pkl").read_bytes())
    columns = ["PULocationID", "DOLocationID", "trip_distance", "predicted_duration"]
    scored = pa.concat_tables([pq.read_table(path, columns=columns) for path in prediction_paths(output)])
    assert scored.num_rows == report["rows_out"]
    features = [
        {"PU_DO": f"{pickup}_{dropoff}", "trip_distance": miles}
        for pickup, dropoff, miles in zip(*(scored[name].to_pylist() for name in columns[:3]), strict=True)
    ]
    difference = np.abs(scored["predicted_duration"].to_numpy() - regressor.predict(vectorizer.transform(features)))
    print(f"largest difference from scikit-learn: {difference.max():.3e} minutes")  # noqa: T201
    assert difference.max() < 1e-9
