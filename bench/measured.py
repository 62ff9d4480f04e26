"""Running a Python program several times as a whole process, and what each run cost."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians over the runs of one program.

    Attributes:
        wall_seconds: from start to end of the process.
        cpu_seconds: user and system time together.
        peak_bytes: the largest resident set.
    """

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Program:
    """Python code and its arguments."""

    code: str
    arguments: Sequence[str] = ()


# The kernel's own high-water mark of this process's memory; ru_maxrss would still hold the parent's from before exec.
_TELL_PEAK = """
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


def measure_in_turn(programs: Sequence[Program], runs: int) -> list[Cost]:
    """Run programs A B C A B C ..., so that a machine that slows down slows all of them; the first round warms up.

    Args:
        programs: what to run.
        runs: counted runs of each.
    """
    taken: list[list[Cost]] = [[] for _ in programs]
    for counted in [False] + [True] * runs:
        for program, costs in zip(programs, taken, strict=True):
            cost = _run(program)
            if counted:
                costs.append(cost)
    return [
        Cost(
            statistics.median(cost.wall_seconds for cost in costs),
            statistics.median(cost.cpu_seconds for cost in costs),
            int(statistics.median(cost.peak_bytes for cost in costs)),
        )
        for costs in taken
    ]


def _run(program: Program) -> Cost:
    began = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-c", program.code + _TELL_PEAK, *program.arguments], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    with child.stdout as stdout:
        told = stdout.read()
    _pid, status, usage = os.wait4(child.pid, 0)
    wall_seconds = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"a measured program ended with {child.returncode}:\n{program.code}")
    return Cost(wall_seconds, usage.ru_utime + usage.ru_stime, int(told.split()[-1]) * 1024)
