"""Fixtures of the core's unit tests, and what hypothesis builds for a ride and for rides in columns."""

from collections.abc import Callable, Iterator
from typing import Any

import fsspec
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from scoring.features import feature_set
from scoring.models.compile import probe_rides
from scoring.models.known import KnownLocations
from scoring.models.linear import LinearModel
from scoring.models.model import Model
from scoring.registry.golden import choose_golden_rides
from scoring.registry.histogram import Histogram
from scoring.registry.manifest import Manifest
from scoring.rides.columns import RideColumns
from scoring.rides.ride import FIRST_ZONE, LAST_ZONE, Ride

# No verdict depends on how fast this machine is.
settings.register_profile(
    "scoring",
    parent=settings.get_profile(settings.get_current_profile_name()),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("scoring")

Drafted = Callable[..., Manifest]

_few_zones = st.sampled_from([1, 2, 9, 10, 99, 130, 265])  # few, so that rides share locations
_zones = _few_zones | st.integers(FIRST_ZONE, LAST_ZONE)
_miles = st.floats(0, 300_000) | st.sampled_from([0.0, 0.01, 3.66, 293_931.0])
st.register_type_strategy(Ride, st.builds(Ride, _zones, _zones, _miles))
st.register_type_strategy(RideColumns, st.lists(st.from_type(Ride), max_size=30).map(RideColumns.of))


@pytest.fixture(scope="session")
def rides() -> RideColumns:
    """Four hundred training rides, the same in every run."""
    return probe_rides(400)


@pytest.fixture(scope="session")
def durations(rides: RideColumns) -> npt.NDArray[np.float64]:
    """Their durations in minutes: the distance, the zones and some noise."""
    noise = np.random.default_rng(7).normal(0, 2, len(rides))
    return 5 + 3 * rides.distances_miles + rides.pickup_zones / 50 + rides.dropoff_zones / 90 + noise


@pytest.fixture(scope="session")
def linear_model(rides: RideColumns) -> LinearModel:
    """A linear model that has seen those rides' routes."""
    features = feature_set("pu_do+distance")
    codes = KnownLocations.seen_in(rides, features).codes
    weights = {location: np.linspace(-3.0, 4.0, len(seen)) for location, seen in codes.items()}
    return LinearModel(features, 10.1, 2.7, codes, weights)


@pytest.fixture(scope="session")
def drafted(rides: RideColumns) -> Drafted:
    """Make the draft of a model's manifest, with its golden rides and any fields given."""

    def make(model: Model, **fields: Any) -> Manifest:
        return Manifest(
            **{
                "format": 1,
                "name": "green-taxi",
                "version": "",
                "kind": model.kind,
                "features": model.features.name,
                "reads": "codes",
                "created": "2026-01-02T03:04:05.678901Z",
                "algorithm": "LinearRegression",
                "parameters": {"fit_intercept": True},
                "training": [],
                "validation": [],
                "metrics": {},
                "artefacts": [],
                "libraries": {"numpy": np.__version__},
                "max_training_miles": None,
                "histograms": {"trip_distance": Histogram.of(rides.distances_miles)},
                "golden": choose_golden_rides(model, rides),
                **fields,
            }
        )

    return make


@pytest.fixture
def empty_memory() -> Iterator[None]:
    """Nothing is at memory:// before or after."""
    files = fsspec.filesystem("memory")

    def clear() -> None:
        files.store.clear()
        files.pseudo_dirs[:] = [""]

    clear()
    yield
    clear()
