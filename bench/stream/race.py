"""One contestant's run, on a group and output topic of its own: from the start to what the broker's log says."""

import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.running import cpu_seconds, memory_bytes, running
from bench.stream.broker_wire import BrokerWire
from bench.stream.commits import commits_of_partition, rate, timeline
from bench.stream.contestants import Contestant, Course
from bench.stream.rides import PARTITIONS, make_topic, remove_topics
from local_services.guarded import Guarded

_LOOK_SECONDS: Final = 0.2
_START_SECONDS: Final = 60.0
TAIL_RIDES: Final = 20_000  # past what is counted, so that no short last batch waits for more


@dataclass(frozen=True, slots=True)
class Result:
    """What one run gave.

    Attributes:
        per_second: rides, from the first commit to the last.
        predictions: committed in all, the uncounted ones at the end included.
        offsets: rides that the group's offsets say are done, when it had stopped.
        peak_bytes: memory of all its processes.
        cpu_microseconds: of processor time a ride, of all its threads and processes, without their start; it tells what
            a ride costs where other work on the machine blurs the rate.
    """

    per_second: float
    predictions: int
    offsets: int
    peak_bytes: int
    cpu_microseconds: float


class Broken(Exception):
    """A contestant ended, or committed too little to tell; the others race on."""


def run(contestant: Contestant, course: Course, folder: Path) -> Result:
    """Race one contestant once.

    Raises:
        Broken: says what happened, with the end of its log.
    """
    mark = uuid.uuid4().hex[:8]
    output, group = f"predictions-{mark}", f"race-{mark}"
    log = folder / f"{mark}.log"
    make_topic(course.servers, output, broker_time=True)
    try:
        with BrokerWire(course.servers) as wire:
            command = contestant.command_line(course, output, group)
            with running(command, log, contestant.environment(course, output, group)) as program:
                looks = _watch(program, wire, group, course)
                peak, _now = memory_bytes(program.pid)
            offsets = _done(wire, group, course.topic)
            commits = [
                commit for number in range(PARTITIONS) for commit in commits_of_partition(wire.log_of(output, number))
            ]
        try:
            speed = rate(timeline(commits, course.rides, course.seconds), jointly=contestant.processes > 1)
        except ValueError as error:
            raise Broken(f"{error}; the end of its log:\n{program.tail()}") from error
        return Result(speed, sum(commit.records for commit in commits), offsets, peak, _cpu(looks))
    finally:
        remove_topics(course.servers, output)


def _watch(program: Guarded, wire: BrokerWire, group: str, course: Course) -> list[tuple[int, float]]:
    """Look now and then until the rides or the time are used up; what was done, and processor time, at each look."""
    looks: list[tuple[int, float]] = []
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if program.exit_code is not None:
            raise Broken(f"ended with exit code {program.exit_code}; the end of its log:\n{program.tail()}")
        looks.append((_done(wire, group, course.topic), cpu_seconds(program.pid)))
        if looks[-1][0] >= course.rides:
            break
        if looks[-1][0] and not (len(looks) > 1 and looks[-2][0]):
            deadline = time.monotonic() + course.seconds + _LOOK_SECONDS
        time.sleep(_LOOK_SECONDS)
    return looks


def _cpu(looks: list[tuple[int, float]]) -> float:
    """Microseconds a ride from the first look that saw rides to the last that saw more."""
    counted = [look for look in looks if look[0]]
    if len(counted) < 2 or counted[-1][0] == counted[0][0]:
        return 0.0
    return (counted[-1][1] - counted[0][1]) / (counted[-1][0] - counted[0][0]) * 1e6


def _done(wire: BrokerWire, group: str, topic: str) -> int:
    return sum(wire.committed_offsets(group, topic, PARTITIONS))
