"""The search for a service: each way in its order, until one works or all have said why not.

Knows nothing of Kafka or Redis.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TypeVar

from local_services.errors import AddressUnanswered, ServiceUnavailable, WayFailed
from scoring.errors import SettingsError

__all__ = ["FORCE_VARIABLE", "Opener", "Report", "chosen_ways", "first_working", "say_nothing"]

FORCE_VARIABLE = "RIDESCORE_SERVICES"

Running = TypeVar("Running")
Report = Callable[[str], None]
Opener = Callable[[Report], AbstractContextManager[Running]]


def say_nothing(_line: str) -> None:
    """The report of a caller that wants none."""


def chosen_ways(known: Sequence[str], ways: Sequence[str] | None) -> tuple[str, ...]:
    """The ways to try, in order: those given, else the one that RIDESCORE_SERVICES names, else all.

    `known` ends with the way that needs neither an address nor Docker; ``jars`` in the variable means that one.
    Raises ValueError for a way that is not known, SettingsError for a value of the variable that is not.
    """
    if ways is not None:
        for way in ways:
            if way not in known:
                raise ValueError(f"unknown way {way!r}; use {', '.join(known)}")
        return tuple(ways)
    forced = os.environ.get(FORCE_VARIABLE, "").strip()
    if not forced:
        return tuple(known)
    if forced == "jars":
        return (known[-1],)
    if forced in known[:-1]:
        return (forced,)
    raise SettingsError(f"{FORCE_VARIABLE}={forced!r} is not known; use environment, docker or jars, or unset it")


@contextmanager
def first_working(
    service: str, openers: Mapping[str, Opener[Running]], ways: Sequence[str], report: Report
) -> Iterator[Running]:
    """Enter the first way that works and leave it at the end; raises ServiceUnavailable where none does."""
    tried: list[tuple[str, WayFailed]] = []
    with ExitStack() as stack:
        for way in ways:
            try:
                running = stack.enter_context(openers[way](report))
            except AddressUnanswered as failed:
                raise ServiceUnavailable(service, [*tried, (way, failed)]) from None
            except WayFailed as failed:
                tried.append((way, failed))
                continue
            yield running
            return
    raise ServiceUnavailable(service, tried)
