"""A registry to follow, a clock that only tests move, and what becomes visible of a swap."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from scoring.following.following import Following
from scoring.following.swap_report import SwapReport
from scoring.metrics import Metrics
from scoring.models.linear import LinearModel
from scoring.registry.active import Active, encode_active
from scoring.registry.manifest import Manifest
from scoring.registry.registry import Registry
from scoring.rides.ride import Ride
from scoring.scorer import Scorer
from scoring.settings.model_settings import ModelSettings

RIDE = Ride(130, 205, 3.66)
POLL_SECONDS = 5.0


@dataclass
class Clock:
    """Seconds as a test says."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Shelf:
    """A registry whose versions each score a whole number of minutes more than the one before."""

    folder: Path
    model: LinearModel
    drafted: Callable[..., Manifest]
    minutes: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.registry = Registry(str(self.folder))

    def write(self) -> str:
        number = len(self.minutes)
        model = replace(self.model, intercept_minutes=self.model.intercept_minutes + number)
        draft = self.drafted(model, created=f"2026-01-02T{number // 60:02}:{number % 60:02}:05.678901Z")
        version = self.registry.write(draft, model).version
        self.minutes[version] = model.score_ride(RIDE)[0]
        return version

    def activate(self) -> str:
        version = self.write()
        self.registry.activate(version)
        return version

    def artefact(self, version: str) -> Path:
        return next(self.folder.glob(f"versions/{version}/*.npz"))

    def damage(self, version: str) -> None:
        """Change one byte of the version's artefact."""
        content = bytearray(self.artefact(version).read_bytes())
        content[len(content) // 2] ^= 1
        self.artefact(version).write_bytes(content)

    def restore(self, version: str) -> None:
        """Undo :meth:`damage`."""
        self.damage(version)

    def point_to(self, version: str, generation: int, previous: str | None = None) -> None:
        """Write ACTIVE as a registry that verifies nothing would."""
        self.folder.mkdir(exist_ok=True)
        content = encode_active(Active(version, previous, generation))
        (self.folder / "ACTIVE.new").write_bytes(content)
        (self.folder / "ACTIVE.new").replace(self.folder / "ACTIVE")


@pytest.fixture
def shelf(tmp_path: Path, linear_model: LinearModel, drafted: Callable[..., Manifest]) -> Shelf:
    return Shelf(tmp_path / "registry", linear_model, drafted)


@dataclass
class Watched:
    """A follower without a thread, what it told, and its clock."""

    settings: ModelSettings
    clock: Clock = field(default_factory=Clock)
    swapped_to: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.metrics = Metrics(CollectorRegistry())
        self.following = Following(
            self.settings,
            SwapReport(self.metrics),
            lambda scorer: self.swapped_to.append(scorer.model_version),
            self.clock,
        )

    def look(self, *, told: bool = False) -> float:
        return self.following.look(told=told)

    def settle(self) -> None:
        """Look until nothing more is awaited, as the thread does."""
        while self.following.look() < POLL_SECONDS:
            pass

    @property
    def version(self) -> str:
        return self.following.current().model_version

    @property
    def problem(self) -> str:
        return self.following.problem

    def counted(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0

    @property
    def swaps(self) -> tuple[float, float]:
        """Swaps done, and loadings in vain."""
        name = "ridescore_model_swaps_total"
        return self.counted(name, result="swapped"), self.counted(name, result="failed")


@pytest.fixture
def watch() -> Callable[..., Watched]:
    """Follow what MODEL_REGISTRY or MODEL_PATH name; nothing is looked at yet."""

    def make(**settings: Any) -> Watched:
        return Watched(ModelSettings(**{"poll_seconds": POLL_SECONDS, **settings}))

    return make


def answers_as_named(scorer: Scorer, shelf: Shelf) -> bool:
    """Whether a scorer's number is that of the version it names."""
    prediction = scorer.score(RIDE, "one")
    return prediction.duration == shelf.minutes[prediction.model_version]
