"""What every benchmark finds, whichever door it measures: contestants round by round, and what broke."""

import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from bench.command import say
from bench.figures import median_ratio


class Round(Protocol):
    """What one contestant did in one round."""

    @property
    def per_second(self) -> float:
        """Its rate: rides, requests or rows a second."""
        ...

    @property
    def cpu_microseconds(self) -> float:
        """Of processor time each, all its threads and processes; 0 where it is not known."""
        ...


_R = TypeVar("_R", bound=Round)


@dataclass(slots=True)
class Row(Generic[_R]):
    """One contestant over all rounds.

    Attributes:
        name, meaning: the contestant's.
        rounds: what each round gave; None where it broke.
        problem: what broke it last; empty where nothing did.
    """

    name: str
    meaning: str
    rounds: list[_R | None] = field(default_factory=list)
    problem: str = ""

    @property
    def finished(self) -> list[_R]:
        """The rounds that gave a result."""
        return [each for each in self.rounds if each]

    @property
    def hopeless(self) -> bool:
        """It broke in its first round: another would only take everybody's time."""
        return bool(self.problem) and not self.finished

    @property
    def rates(self) -> list[float | None]:
        """By round."""
        return [each.per_second if each else None for each in self.rounds]

    @property
    def per_cpu_second(self) -> list[float | None]:
        """The rate by its own processor time, by round."""
        return [1e6 / each.cpu_microseconds if each and each.cpu_microseconds else None for each in self.rounds]

    @property
    def median_rate(self) -> float:
        """Over the rounds that gave a result; 0 where none did."""
        return statistics.median([each.per_second for each in self.finished] or [0.0])

    @property
    def spread(self) -> tuple[float, float]:
        """The lowest and the highest rate; zeros where no round gave a result."""
        rates = [each.per_second for each in self.finished] or [0.0]
        return min(rates), max(rates)

    @property
    def cpu_microseconds(self) -> float:
        """The median over rounds."""
        return statistics.median([each.cpu_microseconds for each in self.finished] or [0.0])


_Row = TypeVar("_Row", bound=Row)  # type: ignore[type-arg]  # each door's own


@dataclass(slots=True)
class Findings(Generic[_Row]):
    """One run.

    Attributes:
        command: that made it.
        date: of the day.
        machine: facts by name.
        busy: the one-minute load before it began, and after.
        rounds: that each contestant ran.
        rows: a contestant each.
        problems: what broke, in words.
    """

    command: str
    date: str
    machine: dict[str, str]
    busy: tuple[float, float]
    rounds: int
    rows: list[_Row] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def row(self, name: str) -> _Row | None:
        """A contestant's row; None where it did not take part."""
        return next((row for row in self.rows if row.name == name), None)

    def ratio(self, ours: str, theirs: str) -> float | None:
        """The median over rounds of one rate by another's; None where either is missing."""
        mine, other = self.row(ours), self.row(theirs)
        return median_ratio(mine.rates, other.rates) if mine and other else None

    def cpu_ratio(self, ours: str, theirs: str) -> float | None:
        """The same by processor time, which other work on the machine blurs less."""
        mine, other = self.row(ours), self.row(theirs)
        return median_ratio(mine.per_cpu_second, other.per_cpu_second) if mine and other else None

    @contextmanager
    def noting(self, name: str, errors: Sequence[type[Exception]]) -> Iterator[list[str]]:
        """Note what breaks in a ``with``, so that the rest goes on; gives the list that it is added to."""
        problems: list[str] = []
        try:
            yield problems
        except tuple(errors) as error:
            problems.append(f"{name}: {error}")
            self.problems.append(problems[0])
            say(problems[0])
