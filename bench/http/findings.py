"""All that one run of the benchmark found, in the form that JSON, the tables and the page are made from."""

import statistics
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
        latencies: one a contestant and round.
        batches: one a form and round.
    """

    seconds: int = 0
    latencies: list[Latency] = field(default_factory=list)
    batches: list[Batches] = field(default_factory=list)
    footprints: dict[str, Footprint] = field(default_factory=dict)
    kill_run: KillRun | None = None

    def latencies_of(self, contestant: str) -> list[Latency]:
        """One's response times, by round."""
        return [each for each in self.latencies if each.contestant == contestant]

    def batches_of(self, form: str) -> list[Batches]:
        """A form's batches, by round."""
        return [each for each in self.batches if each.form == form]


def median_p99_ms(rounds: list[Latency]) -> float:
    """The median of the rounds' p99: a stall of the machine's in one of them is not the server's."""
    return statistics.median(each.p99_ms for each in rounds)


def median_rides_per_second(rounds: list[Batches]) -> float:
    """The median of the rounds' rates."""
    return statistics.median(each.rides_per_second for each in rounds)
