"""All that one run of the benchmark found, in the form that JSON, the tables and the page are made from."""

from dataclasses import dataclass, field

from bench.batch.contestants import Contestant
from bench.batch.race import Memory, Result
from bench.figures import median_ratio
from bench.findings import Findings as AnyFindings
from bench.findings import Row as AnyRow


@dataclass(slots=True)
class Row(AnyRow[Result]):
    """One contestant over all rounds."""

    @classmethod
    def of(cls, contestant: Contestant) -> "Row":
        """An empty one."""
        return cls(contestant.name, contestant.meaning)

    @property
    def work_rates(self) -> list[float | None]:
        """Rows a second without the start, by round."""
        return [each.work_per_second if each else None for each in self.rounds]

    @property
    def peak_bytes(self) -> int:
        """The largest of all rounds."""
        return max((each.whole.peak_bytes for each in self.finished), default=0)


@dataclass(slots=True)
class Findings(AnyFindings[Row]):
    """One run.

    Attributes:
        rows_read: by every contestant that the page says nothing else of.
        file_bytes: of that file.
        months: of which it was made, in words.
        difference_minutes: the largest between the core and scikit-learn on these months.
        memory: by size of file, smallest first.
    """

    rows_read: int = 0
    file_bytes: int = 0
    months: str = ""
    difference_minutes: float | None = None
    memory: list[Memory] = field(default_factory=list)

    def work_ratio(self, ours: str, theirs: str) -> float | None:
        """The median over rounds of one rate by another's, both without their starts."""
        mine, other = self.row(ours), self.row(theirs)
        return median_ratio(mine.work_rates, other.work_rates) if mine and other else None

    def ratio_to_work(self, ours: str, theirs: str) -> float | None:
        """The same of a whole run, start included, by another's without: for one that reads a smaller file."""
        mine, other = self.row(ours), self.row(theirs)
        return median_ratio(mine.rates, other.work_rates) if mine and other else None
