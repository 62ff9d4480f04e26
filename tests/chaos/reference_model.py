"""The model of the suite: fitted with scikit-learn, registered compiled; scikit-learn itself says what is right."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pyarrow.parquet as pq
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LinearRegression

from scoring.models.compile import compile_linear
from scoring.models.vocabulary import read_vocabulary
from scoring.registry.golden import choose_golden_rides
from scoring.registry.registry import Registry
from scoring.rides.columns import RideColumns
from training import sample_rides
from training.train import TrainingPlan, train_version


class SampleRide(NamedTuple):
    """A real ride, and what scikit-learn says that it takes."""

    pickup: int
    dropoff: int
    miles: float
    minutes: float


class ReferenceModel(NamedTuple):
    """A registry with one active version.

    Attributes:
        registry: its folder, for MODEL_REGISTRY.
        version: what predictions must name.
        rides: the bundled sample with scikit-learn's answers.
    """

    registry: Path
    version: str
    rides: list[SampleRide]


def write_reference_model(registry: Path) -> ReferenceModel:
    """Fit on the sample of January, register and activate; score the whole sample with scikit-learn."""
    months = [pq.read_table(path) for path in sample_rides.MONTHS]
    vectorizer, regressor = DictVectorizer(), LinearRegression()
    regressor.fit(vectorizer.fit_transform(_features(months[0])), _minutes_taken(months[0]))
    model = compile_linear(read_vocabulary(vectorizer), regressor)
    if model is None:
        raise ValueError("the fitted LinearRegression did not compile to the linear kind")
    january = RideColumns(
        *(months[0][name].to_numpy() for name in ("PULocationID", "DOLocationID", "trip_distance")),
    )
    written = Registry(str(registry))
    # Everything of a manifest but what names the model, which is another than the one that training made.
    trained = train_version(TrainingPlan([str(sample_rides.JANUARY)]), written)
    golden = choose_golden_rides(model, january)
    draft = msgspec.structs.replace(trained, version="", artefacts=[], algorithm="LinearRegression", golden=golden)
    version = written.write(draft, model).version
    written.activate(version)
    rides = [ride for month in months for ride in _scored(month, vectorizer, regressor)]
    return ReferenceModel(registry, version, rides)


def _features(month: Any) -> Sequence[dict[str, Any]]:
    """The course notes' own way of making features."""
    rows = zip(*(month[name].to_pylist() for name in ("PULocationID", "DOLocationID", "trip_distance")), strict=True)
    return [{"PU_DO": f"{pickup}_{dropoff}", "trip_distance": miles} for pickup, dropoff, miles in rows]


def _minutes_taken(month: Any) -> list[float]:
    columns = (month[name].to_pylist() for name in ("lpep_dropoff_datetime", "lpep_pickup_datetime"))
    return [(dropoff - pickup).total_seconds() / 60 for dropoff, pickup in zip(*columns, strict=True)]


def _scored(month: Any, vectorizer: DictVectorizer, regressor: LinearRegression) -> list[SampleRide]:
    minutes = regressor.predict(vectorizer.transform(_features(month))).tolist()
    columns = (month[name].to_pylist() for name in ("PULocationID", "DOLocationID", "trip_distance"))
    return [SampleRide(*row) for row in zip(*columns, minutes, strict=True)]
