"""Workers get in each other's way: two in one slot, and many that join and leave."""

from tests.chaos.fault import Fault
from tests.chaos.instruments import Instruments
from tests.chaos.site import Site

_PACE = Instruments(pace_seconds=0.06)
_FENCED = 6
_PATIENCE_SECONDS = 300.0


def _two_in_one_slot(site: Site) -> None:
    """Each fences the other and is started again by its supervisor, a bounded number of times.

    The first is fenced inside a transaction, for certain; where the others stand is chance.
    """
    wanted = 20 if site.full else 6
    site.crew.default(_PACE)
    site.crew.most_restarts = wanted
    with site.open_transaction(site.crew.hire("one", slot="slot")):
        site.wait_for_commits(site.crew.hire("two", slot="slot"), 1)
    site.patience.until(lambda: site.crew.exits[_FENCED] >= wanted, _PATIENCE_SECONDS, f"{wanted} fencings", every=0.2)
    site.evidence.note("fencings", site.crew.exits[_FENCED])
    site.crew.remove("two", 30)


def _rebalance_storm(site: Site) -> None:
    """One worker stays; others join and leave at random, each leaving well."""
    site.crew.default(_PACE)
    site.crew.hire("stays")
    guests = ("a", "b", "c")
    for number in range(40 if site.full else 14):
        name = site.random.choice(guests)
        if name in site.crew.posts:
            fresh = not site.crew.posts[name].worker.reached_loop
            code = site.crew.remove(name, 30)
            site.evidence.note("leavings")
            site.evidence.require(
                code == 0 or (fresh and code == 143), f"a worker that was told to leave ended with {code}"
            )
        else:
            site.crew.hire(name, slot=f"{name}-{number}")
            site.evidence.note("joinings")
        site.patience.pause(site.random.uniform(0.1, 2.5))
    site.evidence.require_count("joinings", 5)


FAULTS = (
    Fault(
        "two-in-one-slot",
        "two workers in one slot, restarted as often as fenced",
        _two_in_one_slot,
        exits=frozenset({_FENCED}),
    ),
    Fault(
        "rebalance-storm",
        "workers joining and leaving all the time",
        _rebalance_storm,
        exits=frozenset({143}),
        aborts=False,
    ),
)
