"""What every test may ask for: a Kafka, a Redis, names of its own, and a small trained model."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from local_services import ServiceUnavailable, kafka, redis
from scoring.features import feature_set
from scoring.models.compile import probe_rides
from scoring.models.model import Model
from tests.do_without import do_without
from training.dataset import PastRides
from training.fit import fit_model

# No verdict depends on how fast this machine is.
settings.register_profile("ridescore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ridescore")

_SERVICES = {"kafka_servers": "kafka", "redis_url": "redis"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks for a service, so that `-m "not kafka"` leaves it out."""
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in _SERVICES:
                item.add_marker(_SERVICES[fixture])


@pytest.fixture(scope="session")
def kafka_servers() -> Iterator[str]:
    """A Kafka's address: the environment's, or one that is started for this run."""
    with ExitStack() as running:
        try:
            servers = running.enter_context(kafka()).bootstrap_servers
        except ServiceUnavailable as error:
            do_without(error)
        yield servers


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis's address: the environment's, or one that is started for this run."""
    with ExitStack() as running:
        try:
            url = running.enter_context(redis()).url
        except ServiceUnavailable as error:
            do_without(error)
        yield url


@pytest.fixture(scope="session")
def unique_name() -> Callable[[str], str]:
    """A name that no other test, and no other run on the same Kafka, has: ``rides-3f9c01d2ab``."""

    def name(stem: str) -> str:
        return f"{stem}-{uuid.uuid4().hex[:10]}"

    return name


@pytest.fixture(scope="session")
def trained_model() -> Model:
    """A linear model fitted on four hundred made-up rides, the same in every run; it has not seen most routes."""
    rides = probe_rides(400)
    noise = np.random.default_rng(7).normal(0, 2, len(rides))
    durations = 5 + 3 * rides.distances_miles + rides.pickup_zones / 50 + rides.dropoff_zones / 90 + noise
    return fit_model(PastRides(rides, durations, ()), feature_set("pu_do+distance"), "ridge", {"alpha": 1.0})
