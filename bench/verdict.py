"""Whether a run reached a target: the same row for every door."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

TARGETS: Final[Sequence[str]] = ("target", "wanted", "measured", "met")
_MET: Final = {True: "yes", False: "NO", None: "-"}


class Verdict(NamedTuple):
    """One target.

    Attributes:
        target: in words.
        wanted: the bound in words.
        measured: in words; ``not measured`` where the run left it out.
        met: None where it was not measured.
    """

    target: str
    wanted: str
    measured: str
    met: bool | None


def at_least(target: str, bound: float, found: float | None) -> Verdict:
    """A ratio that is to reach a bound: a share where that is below one, else how many times."""
    form = "{:.0%}" if bound < 1 else "{:.3g}x"
    return Verdict(target, f">= {form.format(bound)}", words(found, form), None if found is None else found >= bound)


def words(found: float | None, form: str) -> str:
    """A figure in words."""
    return "not measured" if found is None else form.format(found)


def target_rows(verdicts: Iterable[Verdict]) -> list[list[str]]:
    """A row a target, under :data:`TARGETS`."""
    return [[each.target, each.wanted, each.measured, _MET[each.met]] for each in verdicts]
