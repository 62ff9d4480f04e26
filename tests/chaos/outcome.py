"""The outcome of one fault on one client: a row of the table."""

from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.checker import Judgement


@dataclass(slots=True)
class Outcome:
    """A row.

    Attributes:
        skipped: why it was not run; empty where it was.
        judgement: of the checker; None where the run did not come so far.
        recovery_seconds: from the end of the fault to the first newly committed record.
        seconds: that the whole run took.
        evidence: of what the fault did.
        problems: all that is bad; empty is a good verdict.
        folder: with the workers' logs; kept where the verdict is bad.
    """

    fault: str
    client: str
    skipped: str = ""
    judgement: Judgement | None = None
    recovery_seconds: float | None = None
    seconds: float = 0.0
    evidence: str = ""
    problems: list[str] = field(default_factory=list)
    folder: Path | None = None

    @property
    def good(self) -> bool:
        """Whether the suite may pass; a fault that this machine cannot have does not fail it."""
        return bool(self.skipped) or (not self.problems and self.judgement is not None and self.judgement.right)

    @property
    def verdict(self) -> str:
        """One word."""
        return "skipped" if self.skipped else "good" if self.good else "BAD"

    def as_json(self) -> dict[str, object]:
        """For machines."""
        judged = self.judgement or Judgement()
        return {
            "fault": self.fault,
            "client": self.client,
            "verdict": self.verdict,
            "rides": judged.rides,
            "lost": judged.lost,
            "duplicated": judged.duplicated,
            "misordered": judged.misordered,
            "wrong": judged.wrong,
            "recovery_seconds": None if self.recovery_seconds is None else round(self.recovery_seconds, 2),
            "seconds": round(self.seconds, 1),
            "evidence": self.evidence,
            "skipped": self.skipped,
            "problems": [*self.problems, *judged.problems],
            "logs": str(self.folder) if self.folder else None,
        }
