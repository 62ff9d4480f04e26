"""The whole months of green 2021-01..03, for whoever has them: `make months DIR=folder`.

Not part of `make test`, which needs no download: the bundled sample stands for these there.
"""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from scoring.features import feature_set
from scoring.registry.manifest import Manifest
from scoring.registry.registry import Registry
from training.dataset import read_past_rides
from training.train import TrainingPlan, train_version

FOLDER = Path(os.environ.get("RIDESCORE_MONTHS", ""))
JANUARY, FEBRUARY, MARCH = (str(FOLDER / f"green_tripdata_2021-{month}.parquet") for month in ("01", "02", "03"))

pytestmark = pytest.mark.skipif(
    not os.environ.get("RIDESCORE_MONTHS"), reason="set RIDESCORE_MONTHS to a folder with green 2021-01, -02 and -03"
)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return Registry(str(tmp_path_factory.mktemp("months") / "models"))


def trained(registry: Registry, algorithm: str, **parameters: float) -> Manifest:
    return train_version(TrainingPlan([JANUARY], [FEBRUARY], algorithm, parameters), registry)


def test_linear_keeps_the_known_rows_and_reaches_the_known_error(registry: Registry) -> None:
    manifest = trained(registry, "linear")
    assert [(file.rows_read, file.rows_kept) for file in manifest.training] == [(76_518, 73_908)]
    assert [(file.rows_read, file.rows_kept) for file in manifest.validation] == [(64_572, 61_921)]
    assert manifest.metrics["validation"].rmse_minutes == pytest.approx(7.7587, abs=0.01)


def test_lasso_reaches_the_known_error(registry: Registry) -> None:
    assert trained(registry, "lasso", alpha=0.01).metrics["validation"].rmse_minutes == pytest.approx(
        11.1673, abs=0.001
    )


@pytest.fixture
def topics(kafka_servers: str, monkeypatch: pytest.MonkeyPatch) -> str:
    from uuid import uuid4

    mark = uuid4().hex[:8]
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka_servers)
    monkeypatch.setenv("WORKER_INPUT_TOPIC", f"rides.{mark}")
    monkeypatch.setenv("WORKER_OUTPUT_TOPIC", f"predictions.{mark}")
    monkeypatch.setenv("WORKER_DEAD_LETTER_TOPIC", f"dead-letters.{mark}")
    monkeypatch.setenv("WORKER_GROUP", f"group.{mark}")
    return mark


@pytest.mark.kafka
def test_every_ride_of_march_is_scored_once_as_scikit_learn_scores_it(
    registry: Registry, topics: str, kafka_servers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Published, scored by a worker process, and counted by a plain consumer that knows nothing of ridescore."""
    import json
    import signal
    import subprocess
    import sys

    from kafka import KafkaConsumer, TopicPartition

    registry.activate(trained(registry, "linear").version)
    monkeypatch.setenv("MODEL_REGISTRY", registry.location)
    command = [sys.executable, "-c", "from cli.main import run; run()"]
    subprocess.run([*command, "topics", "create"], check=True, timeout=60)
    subprocess.run([*command, "publish", MARCH], check=True, timeout=300)
    worker = subprocess.Popen([*command, "worker"])
    consumer = KafkaConsumer(
        bootstrap_servers=kafka_servers,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        group_id=None,
    )
    consumer.assign(
        [TopicPartition(f"{topic}.{topics}", part) for topic in ("predictions", "dead-letters") for part in range(3)]
    )
    durations: dict[int, float] = {}
    seen: Counter[int] = Counter()
    dead_letters = quiet = 0
    while quiet < 20 and (seen.total() + dead_letters < 83_827 or quiet < 3):  # and some seconds more, for doubles
        polled = consumer.poll(timeout_ms=1_000, max_records=10_000)
        quiet = 0 if polled else quiet + 1
        for part, records in polled.items():
            for record in records:
                if part.topic.startswith("dead-letters"):
                    dead_letters += 1
                    continue
                prediction = json.loads(record.value)
                row = int(prediction["ride_id"].rsplit("_", 1)[1])
                seen[row] += 1
                durations[row] = prediction["duration"]
    consumer.close()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=60) == 0
    assert (len(seen), seen.total(), dead_letters) == (83_827, 83_827, 0)
    expected = as_scikit_learn_scores()
    found = np.array([durations[row] for row in range(83_827)])
    print(f"largest difference from scikit-learn: {np.abs(found - expected).max():.3e} minutes")  # noqa: T201
    assert np.abs(found - expected).max() < 1e-9


def as_scikit_learn_scores() -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The notebook's own way from end to end: pandas, dicts, DictVectorizer, LinearRegression."""
    import pandas as pd
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LinearRegression

    def dicts(frame: pd.DataFrame) -> list[dict[str, object]]:
        routes = frame["PULocationID"].astype(str) + "_" + frame["DOLocationID"].astype(str)
        return [
            {"PU_DO": route, "trip_distance": miles}
            for route, miles in zip(routes, frame["trip_distance"], strict=True)
        ]

    january = pd.read_parquet(JANUARY)
    minutes = (january["lpep_dropoff_datetime"] - january["lpep_pickup_datetime"]).dt.total_seconds() / 60
    kept = (minutes >= 1) & (minutes <= 60)
    assert int(kept.sum()) == len(read_past_rides([JANUARY], feature_set("pu_do+distance")).columns)
    vectorizer = DictVectorizer()
    regressor = LinearRegression().fit(vectorizer.fit_transform(dicts(january[kept])), minutes[kept])
    predicted: np.ndarray[tuple[int], np.dtype[np.float64]] = regressor.predict(
        vectorizer.transform(dicts(pd.read_parquet(MARCH)))
    )
    return predicted
