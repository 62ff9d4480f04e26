"""Records that are hard to take: predictions too large for their topic, and poison of every kind, damage on a disk."""

from tests.chaos.damage import damage
from tests.chaos.fault import Fault
from tests.chaos.instruments import Instruments
from tests.chaos.places import own_broker
from tests.chaos.site import PARTITIONS, Site

_DAMAGED_SHARE = 0.2


def _kill_amid(site: Site) -> None:
    """The records are the fault; a kill in their midst shows that what was learnt of them may be forgotten."""
    site.crew.default(Instruments(pace_seconds=0.06))
    post = site.crew.hire("worker")
    for _ in range(6 if site.full else 2):
        site.hold_in_transaction(post)
        site.kill(post)
    site.evidence.require_count("kills inside a transaction", 2)
    reasons = [ride.reason for ride in site.publisher.published.values() if ride.reason]
    for reason in sorted(set(reasons)):
        site.evidence.note(f"rides that are {reason}", reasons.count(reason))


def _damage(site: Site) -> None:
    """Before any worker has read: whatever was published so far may be hit, and what follows stays whole."""
    assert site.place.broker is not None
    folder = site.place.broker.folder / "records"
    site.evidence.note("rides before the damage", len(site.publisher.published))
    for source in damage(folder, site.input, PARTITIONS, _DAMAGED_SHARE, site.random):
        ride = site.publisher.published[source]
        site.publisher.published[source] = ride._replace(reason="undecodable", damaged=True)
        site.evidence.note("rides in damaged batches")
    site.evidence.require_count("rides in damaged batches", 1)
    _kill_amid(site)


FAULTS = (
    Fault(
        "oversized",
        "predictions that are larger, by the headers they copy, than their topic takes",
        _kill_amid,
        predictions={"max.message.bytes": "65536"},
        oversized_rides=20,
    ),
    Fault("damaged", "bits flip in batches on the broker's disk", _damage, place=own_broker),
    Fault("poison", "every second ride is poison, of every kind", _kill_amid, poison_share=0.5, unreadable_rides=100),
)
