"""All that one run of the benchmark found, in the form that JSON, the table and the page are made from."""

from dataclasses import dataclass, field

from bench.findings import Findings as AnyFindings
from bench.findings import Row as AnyRow
from bench.stream.contestants import Contestant
from bench.stream.latency import Latency
from bench.stream.memory import Memory
from bench.stream.race import Result


@dataclass(slots=True)
class Row(AnyRow[Result]):
    """One contestant over all rounds.

    Attributes:
        ceiling, exactly_once: the contestant's.
    """

    ceiling: str = ""
    exactly_once: bool = False

    @classmethod
    def of(cls, contestant: Contestant) -> "Row":
        """An empty one."""
        return cls(
            contestant.name, contestant.meaning, ceiling=contestant.ceiling, exactly_once=contestant.exactly_once
        )

    @property
    def peak_bytes(self) -> int:
        """The largest of all rounds."""
        return max((result.peak_bytes for result in self.finished), default=0)

    @property
    def unequal(self) -> int:
        """In how many rounds predictions and the group's offsets differed."""
        return sum(1 for result in self.finished if result.predictions != result.offsets)


@dataclass(slots=True)
class Findings(AnyFindings[Row]):
    """One run.

    Attributes:
        broker: which, and how it ran.
        rides, seconds: of the race.
    """

    broker: str = ""
    rides: int = 0
    seconds: float = 0.0
    latencies: list[Latency] = field(default_factory=list)
    memory: list[Memory] = field(default_factory=list)
