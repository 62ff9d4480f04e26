"""One command from its start to its end: how long, how much processor time and memory, all its processes together.

Looks at /proc from beside it, so it needs Linux; a look takes less than a twentieth of one core's time.
"""

import json
import os
import select
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.running import descendants, running

_LOOK_SECONDS: Final = 0.02
_LOOKS_SHARE: Final = 20  # between looks it waits so many times as long as a look took


class Broken(Exception):
    """A contestant ended with an error, took too long, or gave what is not right; the others go on."""


@dataclass(frozen=True, slots=True)
class WholeRun:
    """What one run took.

    Attributes:
        wall_seconds: from the start of its process to its end.
        work_seconds: what the command itself says of its work without its start.
        cpu_seconds: user and system time of all its processes.
        peak_bytes: the kernel's high-water mark of each process's resident memory, added up.
    """

    wall_seconds: float
    work_seconds: float
    cpu_seconds: float
    peak_bytes: int


def run_whole(command: Sequence[str], log: Path, settings: Mapping[str, str], most_seconds: float) -> WholeRun:
    """Run a command to its end.

    Args:
        command: what to run; it prints a JSON object with `seconds` at its end.
        log: takes its output; must not exist.
        settings: environment variables.
        most_seconds: after which it is ended.

    Raises:
        Broken: it failed, took too long, or did not say how long it worked.
    """
    looks = _Looks()
    with running(command, log, settings) as program:
        begun = time.perf_counter()
        if not program.pid:
            raise Broken(f"it could not be started:\n{program.tail()}")
        wall_seconds = _watch(program.pid, begun, most_seconds, looks)
        if wall_seconds is None:
            raise Broken(f"it did not end within {most_seconds:.0f} s; the end of its log:\n{program.tail()}")
        code = program.wait(10)
        if code != 0:
            raise Broken(f"it ended with exit code {code}; the end of its log:\n{program.tail()}")
        report = last_object(log.read_text(errors="replace"))
        if not isinstance(report.get("seconds"), int | float):
            raise Broken(f"it did not say how long it worked; the end of its log:\n{program.tail()}")
    return WholeRun(wall_seconds, float(report["seconds"]), looks.cpu_seconds, looks.peak_bytes)


def last_object(text: str) -> dict[str, Any]:
    """The last JSON object that begins on a line of its own; an empty one where there is none."""
    _before, found, rest = f"\n{text}".rpartition("\n{\n")
    if not found:
        return {}
    try:
        value, _end = json.JSONDecoder().raw_decode("{\n" + rest)
    except json.JSONDecodeError:
        return {}
    return dict(value)


def _watch(pid: int, begun: float, most_seconds: float, looks: "_Looks") -> float | None:
    """Seconds until the process has ended, looking at it meanwhile; None where it runs on."""
    try:
        ended = os.pidfd_open(pid)
    except ProcessLookupError:  # it has ended already
        return time.perf_counter() - begun
    try:
        poller = select.poll()
        poller.register(ended, select.POLLIN)
        pause_seconds = _LOOK_SECONDS
        while not poller.poll(pause_seconds * 1000):
            looked = time.perf_counter()
            if looked - begun > most_seconds:
                return None
            looks.look(pid)
            pause_seconds = max(_LOOK_SECONDS, _LOOKS_SHARE * (time.perf_counter() - looked))
        return time.perf_counter() - begun
    finally:
        os.close(ended)


class _Looks:
    """The last that was seen of every process: one that has ended counts with what it had then."""

    def __init__(self) -> None:
        self._cpu_ticks: dict[int, int] = {}
        self._peak_bytes: dict[int, int] = {}

    @property
    def cpu_seconds(self) -> float:
        return sum(self._cpu_ticks.values()) / os.sysconf("SC_CLK_TCK")

    @property
    def peak_bytes(self) -> int:
        return sum(self._peak_bytes.values())

    def look(self, pid: int) -> None:
        for each in (pid, *descendants(pid)):
            try:
                fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
                status = Path(f"/proc/{each}/status").read_text()
            except OSError:  # it has ended meanwhile
                continue
            self._cpu_ticks[each] = int(fields[11]) + int(fields[12])
            _before, found, rest = status.partition("VmHWM:")
            if found:
                self._peak_bytes[each] = int(rest.split()[0]) * 1024
