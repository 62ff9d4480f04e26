"""A worker's memory as the rides that it has scored grow by tens."""

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.running import memory_bytes, running
from bench.stream.broker_wire import BrokerWire
from bench.stream.contestants import Contestant, Course
from bench.stream.race import Broken
from bench.stream.rides import PARTITIONS, make_topic, remove_topics

STEPS: Final = (100_000, 1_000_000)
LONG_STEPS: Final = (*STEPS, 10_000_000)
_SLOWEST_PER_SECOND: Final = 5_000  # bounds how long a run may take


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory after so many committed rides, in bytes: the high-water mark since the start, and then."""

    contestant: str
    rides: int
    peak_bytes: int
    now_bytes: int


def measure_memory(contestant: Contestant, course: Course, steps: Sequence[int], folder: Path) -> list[Memory]:
    """Run once over a topic that holds the last step's rides.

    Raises:
        Broken: the worker ended, or was too slow.
    """
    mark = uuid.uuid4().hex[:8]
    output, group = f"memory-{mark}", f"memory-{mark}"
    make_topic(course.servers, output)
    found: list[Memory] = []
    try:
        command = contestant.command_line(course, output, group)
        settings = contestant.environment(course, output, group)
        deadline = time.monotonic() + 30 + steps[-1] / _SLOWEST_PER_SECOND
        with BrokerWire(course.servers) as wire, running(command, folder / f"{mark}.log", settings) as program:
            for step in steps:
                while sum(wire.committed_offsets(group, course.topic, PARTITIONS)) < step:
                    if program.exit_code is not None or time.monotonic() > deadline:
                        raise Broken(f"it did not get to {step:,} rides; the end of its log:\n{program.tail()}")
                    time.sleep(0.1)
                found.append(Memory(contestant.name, step, *memory_bytes(program.pid)))
        return found
    finally:
        remove_topics(course.servers, output)
