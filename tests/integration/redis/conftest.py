"""A Redis of the test's own, to be paused, filled, killed and started again, and a registry that is followed."""

import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr
from redis import Redis

from local_services.errors import WayFailed
from local_services.redis_server import RedisServer, find_redis_server
from scoring.models.linear import LinearModel
from scoring.models.model import Model
from scoring.registry.golden import choose_golden_rides
from scoring.registry.manifest import Manifest
from scoring.registry.registry import Registry
from scoring.rides.columns import RideColumns
from scoring.rides.ride import Ride

WAIT_SECONDS = 60.0
RIDE = Ride(130, 205, 3.66)


def wait_until(is_so: Callable[[], object], what: str) -> None:
    """Wait until something holds, for as long as a slow machine may need."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"still not so: {what}"
        time.sleep(0.01)


class OwnRedis:
    """A Redis that nobody else uses."""

    def __init__(self, binary: Path, folder: Path) -> None:
        self._binary, self._folder = binary, folder
        self.server = RedisServer(binary, folder)
        self.url = SecretStr(self.server.url)

    def send(self, number: signal.Signals) -> None:
        assert self.server.pid is not None
        os.kill(self.server.pid, number)

    def pause(self) -> None:
        """As a host that swaps, or a partition in the network: connections are taken, nothing is answered."""
        self.send(signal.SIGSTOP)

    def resume(self) -> None:
        self.send(signal.SIGCONT)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        wait_until(lambda: self.server.pid is None, "Redis is dead")

    def restart(self) -> None:
        self.server = RedisServer(self._binary, self._folder, urlsplit(self.server.url).port)

    def client(self) -> "Redis":
        return Redis.from_url(self.server.url)

    def fill(self) -> None:
        """No room: every write is refused."""
        with self.client() as client:
            client.config_set("maxmemory-policy", "noeviction")
            client.config_set("maxmemory", "1")


@pytest.fixture
def own_redis() -> Iterator[OwnRedis]:
    try:
        binary = find_redis_server()
    except WayFailed as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))
    with tempfile.TemporaryDirectory(prefix="ridescore-redis-") as folder:
        own = OwnRedis(binary, Path(folder))
        try:
            yield own
        finally:
            own.server.stop()


@dataclass
class Shelf:
    """A registry whose versions each score a whole number of minutes more than the one before."""

    folder: Path
    model: LinearModel
    minutes: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.registry = Registry(str(self.folder))

    def write(self) -> str:
        model = replace(self.model, intercept_minutes=self.model.intercept_minutes + len(self.minutes))
        created = f"2026-01-02T00:{len(self.minutes):02}:05.678901Z"
        golden = choose_golden_rides(model, RideColumns.of([RIDE, Ride(1, 2, 3.0)]))
        draft = Manifest(
            format=1,
            name="green-taxi",
            version="",
            kind=model.kind,
            features=model.features.name,
            reads="codes",
            created=created,
            algorithm="Ridge",
            parameters={},
            training=[],
            validation=[],
            metrics={},
            artefacts=[],
            libraries={},
            max_training_miles=None,
            histograms={},
            golden=golden,
        )
        version = self.registry.write(draft, model).version
        self.minutes[version] = model.score_ride(RIDE)[0]
        return version


@pytest.fixture
def shelf(tmp_path: Path, trained_model: Model) -> Shelf:
    """Two versions, the first of them active."""
    assert isinstance(trained_model, LinearModel)
    shelf = Shelf(tmp_path / "registry", trained_model)
    shelf.registry.activate(shelf.write())
    shelf.write()
    return shelf
