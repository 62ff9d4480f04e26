"""One run of the whole benchmark: a broker, a model and rides made once; then the race, latency and memory."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaException

import local_services
from bench.command import say
from bench.notebook_model import FEATURES, pickle_the_notebook_way
from bench.stream.contestants import Contestant, Course, own_contestants, peer_contestants, worker_name
from bench.stream.findings import Findings, Row
from bench.stream.latency import RATES, measure_latency
from bench.stream.memory import measure_memory
from bench.stream.peers.environments import installed
from bench.stream.race import TAIL_RIDES, Broken, run
from bench.stream.rides import fill_topic, make_topic, remove_topics
from scoring.registry.registry import Registry
from training import sample_rides
from training.train import TrainingPlan, train_version

_TOPIC: Final = "rides"
_BREAKS: Final = (Broken, OSError, KafkaException)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure.

    Attributes:
        clients: of the worker.
        peers: race those that are installed.
        rides: on the topic.
        seconds: that each contestant is timed in each round.
        rounds: how often each races.
        latency: measure it.
        memory_steps: counts of rides after which memory is noted; none to leave it out.
    """

    clients: Sequence[str]
    peers: bool
    rides: int
    seconds: float
    rounds: int
    latency: bool
    memory_steps: Sequence[int]


@contextmanager
def course_of(plan: Plan) -> Iterator[tuple[Course, str, Path]]:
    """What all contestants share, what the broker is, and a folder for their logs; all gone at the end.

    Raises:
        ServiceUnavailable: there is no broker.
    """
    ways = local_ways()
    with (
        tempfile.TemporaryDirectory(prefix="ridescore-bench-") as name,
        local_services.kafka(ways) as broker,
    ):
        folder = Path(name)
        months = [str(sample_rides.JANUARY)]
        registry = Registry(f"{folder}/models")
        registry.activate(train_version(TrainingPlan(months, features=FEATURES), registry).version)
        pickle_the_notebook_way(months, folder / "model.pkl")
        servers = broker.bootstrap_servers
        course = Course(servers, _TOPIC, folder / "model.pkl", registry.location, plan.rides, plan.seconds)
        say(f"publishing {plan.rides + TAIL_RIDES:,} rides")
        fill_topic(servers, _TOPIC, plan.rides + TAIL_RIDES)
        make_topic(servers, f"{_TOPIC}.dead-letters")
        try:
            yield course, broker.description.partition(" at ")[0], folder
        finally:
            remove_topics(servers, _TOPIC, f"{_TOPIC}.dead-letters")


def local_ways() -> Sequence[str] | None:
    """A broker of this machine's own jars before one in a container; RIDESCORE_SERVICES decides where it is set."""
    return None if os.environ.get("RIDESCORE_SERVICES") else ("jars", "docker", "environment")


def measure(plan: Plan, findings: Findings, course: Course, folder: Path) -> None:
    """Fill the findings; what breaks is noted and the rest goes on."""
    contestants = own_contestants(plan.clients)
    if plan.peers:
        contestants += peer_contestants(installed())
    _race(plan, contestants, findings, course, folder)
    workers = [each for each in contestants if each.name in {worker_name(client) for client in plan.clients}]
    for worker in workers:
        for rate in RATES if plan.latency else ():
            with findings.noting(f"{worker.name}, {rate:,} rides/s", _BREAKS):
                findings.latencies.append(measure_latency(worker, rate, course, folder))
                say(f"{worker.name}, {rate:,} rides/s: p99 {findings.latencies[-1].p99_ms:.0f} ms")
    if plan.memory_steps and workers:
        _memory(plan, workers, findings, course, folder)


def _race(plan: Plan, contestants: Sequence[Contestant], findings: Findings, course: Course, folder: Path) -> None:
    findings.rows = [Row.of(contestant) for contestant in contestants]
    for number in range(plan.rounds):
        for contestant, row in zip(contestants, findings.rows, strict=True):
            row.rounds.append(None)
            if row.hopeless:
                continue
            with findings.noting(f"{contestant.name}, round {number + 1}", _BREAKS) as problems:
                result = run(contestant, course, folder)
                row.rounds[-1] = result
                say(f"round {number + 1}: {contestant.name}: {result.per_second:,.0f} rides/s")
            row.problem = problems[-1] if problems else row.problem


def _memory(plan: Plan, workers: Sequence[Contestant], findings: Findings, course: Course, folder: Path) -> None:
    if plan.memory_steps[-1] > plan.rides:
        course = replace(course, topic="rides-for-memory")
        say(f"publishing {plan.memory_steps[-1]:,} rides")
        fill_topic(course.servers, course.topic, plan.memory_steps[-1])
        make_topic(course.servers, f"{course.topic}.dead-letters")
    for worker in workers:
        with findings.noting(f"{worker.name}, memory", _BREAKS):
            findings.memory += measure_memory(worker, course, plan.memory_steps, folder)
            say(f"{worker.name}: {findings.memory[-1].peak_bytes / 1e6:.0f} MB after {plan.memory_steps[-1]:,} rides")
    if course.topic != _TOPIC:
        remove_topics(course.servers, course.topic, f"{course.topic}.dead-letters")
