"""From publish to committed prediction at fixed rates, as a reader of committed records sees it."""

import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bench.figures import percentile
from bench.running import running
from bench.stream.broker_wire import BrokerWire
from bench.stream.contestants import Contestant, Course
from bench.stream.race import Broken
from bench.stream.rides import PARTITIONS, fill_topic, make_topic, remove_topics

RATES: Final = (1_000, 5_000)
MEASURED_SECONDS: Final = 15.0
_WARM_SECONDS: Final = 5.0
_FIRST_RIDES: Final = 200
_PATIENCE_SECONDS: Final = 30.0
_PROGRAMS: Final = Path(__file__).parent / "programs"


@dataclass(frozen=True, slots=True)
class Latency:
    """What one contestant showed at one rate, in milliseconds; `measured` is how many predictions that rests on."""

    contestant: str
    rate: int
    p50_ms: float
    p99_ms: float
    longest_ms: float
    measured: int
    missing: int


def measure_latency(contestant: Contestant, rate: int, course: Course, folder: Path) -> Latency:
    """Publish at a rate and note the age of each prediction on arrival.

    Raises:
        Broken: the worker or the reader did not get that far.
    """
    mark = uuid.uuid4().hex[:8]
    topic, output, group = f"paced-{mark}", f"paced-predictions-{mark}", f"paced-{mark}"
    mine = replace(course, topic=topic)
    fill_topic(course.servers, topic, _FIRST_RIDES)
    for each in (output, f"{topic}.dead-letters"):
        make_topic(course.servers, each)
    try:
        command = contestant.command_line(mine, output, group)
        with running(command, folder / f"{mark}.log", contestant.environment(mine, output, group)) as program:
            with BrokerWire(course.servers) as wire:
                _wait(lambda: sum(wire.committed_offsets(group, topic, PARTITIONS)) >= _FIRST_RIDES, program.tail)
            count = int(rate * (_WARM_SECONDS + MEASURED_SECONDS))
            lines = _arrivals(course.servers, topic, output, rate, count, folder / mark)
        return judge(contestant.name, rate, lines, count)
    finally:
        remove_topics(course.servers, topic, output, f"{topic}.dead-letters")


def judge(name: str, rate: int, lines: list[str], count: int) -> Latency:
    """Percentiles of `timestamp age` lines, without those published while it warmed up.

    Raises:
        Broken: there are none.
    """
    arrivals = [(int(published), float(age)) for published, age in (line.split() for line in lines)]
    if not arrivals:
        raise Broken("no prediction arrived")
    warm_ms = min(published for published, _age in arrivals) + _WARM_SECONDS * 1000
    ages = sorted(age for published, age in arrivals if published >= warm_ms)
    if not ages:
        raise Broken("no prediction arrived after the warm-up")
    missing = count - len(arrivals)
    return Latency(name, rate, percentile(ages, 0.5), percentile(ages, 0.99), ages[-1], len(ages), missing)


def _arrivals(servers: str, topic: str, output: str, rate: int, count: int, stem: Path) -> list[str]:
    ready, result = stem.with_suffix(".ready"), stem.with_suffix(".ages")
    seconds = _WARM_SECONDS + MEASURED_SECONDS
    reader = [sys.executable, str(_PROGRAMS / "arrivals.py"), servers, output, str(count), str(seconds + 20)]
    publisher = [sys.executable, str(_PROGRAMS / "paced_publisher.py"), servers, topic, str(rate), str(seconds)]
    with running([*reader, str(ready), str(result)], stem.with_suffix(".reader")) as reading:
        _wait(ready.exists, reading.tail)
        with running(publisher, stem.with_suffix(".publisher")) as publishing:
            publishing.wait(seconds + _PATIENCE_SECONDS)
            if reading.wait(_PATIENCE_SECONDS) != 0:
                raise Broken(f"the reader did not end well; the end of its log:\n{reading.tail()}")
    return result.read_text().splitlines()


def _wait(done: Callable[[], bool], tail: Callable[[], str]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise Broken(f"it did not get going within {_PATIENCE_SECONDS:.0f} s; the end of its log:\n{tail()}")
        time.sleep(0.05)
