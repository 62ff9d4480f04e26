"""What the server used while it was under load: processor, memory, and what went over the network interface."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

_EVERY_SECONDS: Final = 0.5
_LOOPBACK: Final = ("lo", "lo0")


@dataclass(slots=True)
class Resources:
    """By sample, every half second.

    Attributes:
        cpu_percent: of one core, all its processes: 200 is two cores.
        memory_bytes: resident, all its processes.
        loopback_bytes: sent over this machine's own interface in all, requests and answers, by all programs.
        seconds: that it was watched.
        processes: the most that it had.
    """

    cpu_percent: list[float] = field(default_factory=list)
    memory_bytes: list[int] = field(default_factory=list)
    loopback_bytes: int = 0
    seconds: float = 0.0
    processes: int = 0


@contextmanager
def watched(pid: int) -> Iterator[Resources]:
    """Sample a process and all that it started, for the length of a ``with``."""
    found = Resources()
    stop = threading.Event()
    thread = threading.Thread(target=_watch, args=(pid, found, stop), name="resources", daemon=True)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        thread.join()


def _watch(pid: int, found: Resources, stop: threading.Event) -> None:
    began = moment = time.monotonic()
    used = _cpu_seconds(pid)
    network = _loopback_bytes()
    while not stop.wait(_EVERY_SECONDS):
        before, moment = moment, time.monotonic()
        last, used = used, _cpu_seconds(pid)
        family = _family(pid)
        found.cpu_percent.append(max(0.0, used - last) / (moment - before) * 100)
        found.memory_bytes.append(sum(_ask(each.memory_info, "rss") for each in family))
        found.processes = max(found.processes, len(family))
    found.seconds = time.monotonic() - began
    found.loopback_bytes = _loopback_bytes() - network


def _family(pid: int) -> list[Any]:
    import psutil

    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.Error:
        return []


def _cpu_seconds(pid: int) -> float:
    return float(sum(_ask(each.cpu_times, "user") + _ask(each.cpu_times, "system") for each in _family(pid)))


def _ask(question: Any, name: str) -> Any:
    """One figure of a process; 0 where it has ended meanwhile."""
    import psutil

    try:
        return getattr(question(), name)
    except psutil.Error:
        return 0


def _loopback_bytes() -> int:
    import psutil

    cards = psutil.net_io_counters(pernic=True)
    return sum(cards[name].bytes_sent for name in _LOOPBACK if name in cards)
