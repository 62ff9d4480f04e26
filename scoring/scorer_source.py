"""Where a door gets the scorer that is in force: one for good, or one that follows the registry.

A door asks once for each request or batch and keeps the answer until that is done, so that no work changes its version
half-way.
"""

from typing import Protocol

from scoring.scorer import Scorer


class ScorerSource(Protocol):
    """Gives the scorer in force; safe to ask from any thread, and cheap enough to ask for every ride."""

    def current(self) -> Scorer:
        """The scorer in force.

        Raises:
            ModelError: none could be loaded yet; the message says why and what to do.
        """
        ...

    @property
    def problem(self) -> str:
        """Why what was chosen last is not what scores; empty where all is well."""
        ...


class FixedScorer:
    """One scorer for good, as where a model is given outright."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer

    def current(self) -> Scorer:
        """Always the same."""
        return self._scorer

    @property
    def problem(self) -> str:
        """Always empty."""
        return ""
