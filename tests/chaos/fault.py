"""A fault: what is done to running workers, where, and with which settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.chaos.places import OpenPlace
from tests.chaos.site import Site


@dataclass(frozen=True)
class Fault:
    """One row of the table.

    Attributes:
        name: for the command line.
        about: one line for the list of faults.
        inject: hires workers, does its worst, and returns at the end of the fault.
        place: opens what it needs, for its runs on all clients one after another; None where a broker shared with other
            faults will do, as nothing is done to it.
        short: whether the short suite has it.
        settings: of the workers, by environment variable, over the suite's own.
        predictions: configuration of the predictions topic.
        dead_letters: configuration of the dead letters topic.
        poison_share: of the rides.
        unreadable_rides: about how many have a header whose name is not UTF-8.
        oversized_rides: about how many, however many there are: each costs its worker a transaction or more.
        exits: codes that workers may end with, besides 0 and being killed.
        aborts: whether transactions must have been left or aborted with records in them.
    """

    name: str
    about: str
    inject: Callable[[Site], None]
    place: OpenPlace | None = None
    short: bool = True
    settings: Mapping[str, str] = field(default_factory=dict)
    predictions: Mapping[str, str] = field(default_factory=dict)
    dead_letters: Mapping[str, str] = field(default_factory=lambda: {"max.message.bytes": str(2 << 20)})
    poison_share: float = 0.03
    unreadable_rides: int = 0
    oversized_rides: int = 0
    exits: frozenset[int] = frozenset()
    aborts: bool = True
