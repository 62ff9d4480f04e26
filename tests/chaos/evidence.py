"""Proof that a fault happened and that workers took it as they should: a run in which nothing broke proves nothing."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Evidence:
    """What a fault did.

    Attributes:
        counts: what happened how often, for the report.
        failures: what is wrong with the run, apart from what the checker finds.
    """

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def note(self, what: str, count: int = 1) -> None:
        """Something happened."""
        self.counts[what] += count

    def require(self, holds: object, otherwise: str) -> None:
        """Without this the run is a bad one; `otherwise` says what was found instead."""
        if not holds:
            self.failures.append(otherwise)

    def require_count(self, what: str, least: int) -> None:
        """Something happened often enough."""
        found = self.counts[what]
        self.require(found >= least, f"the run proves nothing: {what} {found}, where at least {least} must be")

    def __str__(self) -> str:
        return ", ".join(f"{what} {count:,}" for what, count in self.counts.items())
