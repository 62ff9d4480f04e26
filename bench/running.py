"""One contestant's processes: started under a guardian, watched for memory, ended by pid."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from local_services.guarded import Guarded

_OURS: Final = ("API_", "HOST", "KAFKA_", "PORT", "WORKER_", "MODEL_", "RIDESCORE_", "LOG_", "REDIS_", "PYTHON")
_GRACE_SECONDS: Final = 20.0
ROOT: Final = Path(__file__).resolve().parents[1]


@contextmanager
def running(command: Sequence[str], log: Path, settings: Mapping[str, str] | None = None) -> Iterator[Guarded]:
    """Run a program for the length of a ``with``.

    Args:
        command: what to run.
        log: takes its output.
        settings: environment variables; those of the caller under our own prefixes are not passed on.
    """
    env = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    env |= {"PYTHONPATH": str(ROOT), **(settings or {})}
    program = Guarded(command, log, env=env)
    try:
        yield program
    finally:
        program.end(_GRACE_SECONDS)


def memory_bytes(pid: int) -> tuple[int, int]:
    """Resident memory of a process and all it started, in bytes: the kernel's high-water marks, and now."""
    peak = now = 0
    for each in (pid, *descendants(pid)):
        try:
            lines = Path(f"/proc/{each}/status").read_text().splitlines()
        except OSError:  # it has ended meanwhile, or this system has no /proc
            continue
        sizes = {
            name: int(rest.split()[0]) * 1024
            for name, _, rest in (line.partition(":") for line in lines)
            if "kB" in rest
        }
        peak += sizes.get("VmHWM", 0)
        now += sizes.get("VmRSS", 0)
    return peak, now


def cpu_seconds(pid: int) -> float:
    """User and system time that a process and all it started have used so far."""
    ticks = 0
    for each in (pid, *descendants(pid)):
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def descendants(pid: int) -> list[int]:
    """What a process started, and what those started."""
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            for child in children.read_text().split():
                found += [int(child), *descendants(int(child))]
        except OSError:
            continue
    return found
