"""All that one run of the benchmark found, in the form that JSON, the tables and the page are made from."""

from dataclasses import dataclass, field

from bench.findings import Findings as AnyFindings
from bench.findings import Row as AnyRow
from bench.http.contestants import Contestant
from bench.http.killing import KillRun
from bench.http.measures import Batches, Footprint, Latency, Rate


@dataclass(slots=True)
class Row(AnyRow[Rate]):
    """One contestant over all rounds."""

    @classmethod
    def of(cls, contestant: Contestant) -> "Row":
        """An empty one."""
        return cls(contestant.name, contestant.meaning)

    @property
    def not_right(self) -> int:
        """Answers that were wrong and connections that broke, over all rounds."""
        return sum(each.wrong + each.failed for each in self.finished)


@dataclass(slots=True)
class Findings(AnyFindings[Row]):
    """One run.

    Attributes:
        seconds: of each contestant under load.
    """

    seconds: int = 0
    latencies: list[Latency] = field(default_factory=list)
    batches: list[Batches] = field(default_factory=list)
    footprints: dict[str, Footprint] = field(default_factory=dict)
    kill_run: KillRun | None = None
