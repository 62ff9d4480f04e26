"""One run of the whole benchmark: a model made once; then rates round by round, response times, batches, footprints."""

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.command import say
from bench.http.connection import ConnectionBroken
from bench.http.contestants import (
    CEILING,
    COURSE_NOTES,
    OURS,
    OURS_FLASK,
    Contestant,
    Models,
    course_notes,
    own_contestants,
    peer_contestants,
)
from bench.http.findings import Findings, Row
from bench.http.killing import kill_under_load
from bench.http.measures import (
    BATCH_RIDES,
    measure_batches,
    measure_footprint,
    measure_latency,
    measure_rate,
)
from bench.http.paced_wrk import RIDES as PACED_RIDES
from bench.http.peers.environments import ENVIRONMENTS
from bench.http.rides import AskedRide, asked_rides
from bench.http.serving import Broken, serving
from bench.notebook_model import FEATURES, pickle_the_notebook_way
from scoring.models.model import Model
from scoring.registry.registry import Registry
from training import sample_rides
from training.train import TrainingPlan, train_version

_BREAKS: Final = (Broken, OSError, ValueError, ConnectionBroken, subprocess.SubprocessError)
_PACED: Final = (OURS, CEILING)
_FOOTPRINTS: Final = (OURS, OURS_FLASK, COURSE_NOTES)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure.

    Attributes:
        peers: measure those that are installed.
        seconds: that each contestant is under load in each round.
        rounds: how often.
        latency, batches, footprint: measure them.
        kill_seconds: how long to kill workers under load; 0 leaves it out.
    """

    peers: bool
    seconds: int
    rounds: int
    latency: bool
    batches: bool
    footprint: bool
    kill_seconds: int = 0


@contextmanager
def trained() -> Iterator[tuple[Models, Model, Path]]:
    """One model in all forms, and a folder for files; all gone at the end."""
    with tempfile.TemporaryDirectory(prefix="ridescore-bench-") as name:
        folder = Path(name)
        months = [str(sample_rides.JANUARY)]
        registry = Registry(f"{folder}/models")
        registry.activate(train_version(TrainingPlan(months, features=FEATURES), registry).version)
        pickle_the_notebook_way(months, folder / "model.pkl")
        yield Models(registry.location, folder / "model.pkl"), registry.load_active().model, folder


def measure(plan: Plan, findings: Findings, models: Models, model: Model, folder: Path) -> None:
    """Fill the findings; what breaks is noted and the rest goes on."""
    rides = asked_rides(model)
    pythons = ENVIRONMENTS.installed()
    contestants = [*own_contestants(), *course_notes(pythons), *(peer_contestants(pythons) if plan.peers else [])]
    findings.rows = [Row.of(contestant) for contestant in contestants]
    for number in range(plan.rounds):
        for contestant, row in zip(contestants, findings.rows, strict=True):
            _one_round(number, contestant, row, plan, findings, models, rides, folder)
    many, paced = asked_rides(model, BATCH_RIDES), asked_rides(model, PACED_RIDES)
    for _number in range(plan.rounds):
        for contestant in contestants:
            if plan.latency and contestant.name in _PACED:
                _latency(contestant, plan, findings, models, paced, folder)
            if plan.batches and contestant.name == OURS:
                _batches(contestant, plan, findings, models, rides, many, folder)
    for contestant in contestants:
        if plan.footprint and contestant.name in _FOOTPRINTS:
            with findings.noting(f"{contestant.name}, footprint", _BREAKS):
                findings.footprints[contestant.name] = measure_footprint(contestant, models, rides, 5, folder)
    if plan.kill_seconds:
        with findings.noting("killed workers", _BREAKS):
            findings.kill_run = kill_under_load(models, rides, plan.kill_seconds, 1_000, 2, 5.0, folder)
            say(f"killed workers: {findings.kill_run.causes or 'no failure'}")


def _one_round(
    number: int,
    contestant: Contestant,
    row: Row,
    plan: Plan,
    findings: Findings,
    models: Models,
    rides: Sequence[AskedRide],
    folder: Path,
) -> None:
    row.rounds.append(None)
    if row.hopeless:
        return
    with findings.noting(f"{contestant.name}, round {number + 1}", _BREAKS) as problems:
        with serving(contestant, models, rides, folder) as server:
            found = measure_rate(contestant, server, rides, plan.seconds, folder)
        row.rounds[-1] = found
        say(f"round {number + 1}: {contestant.name}: {found.per_second:,.0f}/s, {found.cpu_microseconds:.0f} us each")
    row.problem = problems[-1] if problems else row.problem


def _latency(
    contestant: Contestant,
    plan: Plan,
    findings: Findings,
    models: Models,
    rides: Sequence[AskedRide],
    folder: Path,
) -> None:
    row = findings.row(contestant.name)
    if row is None or not row.finished:
        return
    with (
        findings.noting(f"{contestant.name}, response times", _BREAKS),
        serving(contestant, models, rides, folder) as server,
    ):
        found = measure_latency(contestant, server, rides, row.median_rate / 2, plan.seconds, folder)
        findings.latencies.append(found)
        say(f"{contestant.name}, {found.rate:,.0f}/s: p99 {found.p99_ms:.2f} ms")


def _batches(
    contestant: Contestant,
    plan: Plan,
    findings: Findings,
    models: Models,
    rides: Sequence[AskedRide],
    many: Sequence[AskedRide],
    folder: Path,
) -> None:
    with findings.noting("batches", _BREAKS), serving(contestant, models, rides, folder) as server:
        found = measure_batches(server, many, plan.seconds, folder)
        findings.batches += found
        for each in found:
            say(f"batches as {each.form}: {each.rides_per_second:,.0f} rides/s")
