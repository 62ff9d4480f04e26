"""The broker's disk is full: it ends itself, as Kafka does; space is given and it is started again."""

from local_services import WayFailed
from tests.chaos.fault import Fault
from tests.chaos.instruments import Instruments
from tests.chaos.places import broker_on_small_disk
from tests.chaos.site import Site

_LEFT_BYTES = 128 << 10
_DOWN_SECONDS = 60.0


def _fill_the_disk(site: Site) -> None:
    disk, broker = site.place.disk, site.place.broker
    assert disk is not None
    assert broker is not None
    site.crew.default(Instruments(pace_seconds=0.06))
    posts = [site.crew.hire(name) for name in ("left", "right")]
    site.catch_in_transaction(*posts)
    disk.fill(_LEFT_BYTES)
    site.evidence.note("disks filled")
    site.patience.until(lambda: broker.pid is None, _DOWN_SECONDS, "the broker's end on a full disk")
    site.patience.pause(2)
    disk.mend()
    try:
        broker.start()
    except WayFailed:
        broker.start()  # a first start may end on a file that was cut short, which it then removes


FAULTS = (
    Fault(
        "disk-full",
        "the broker's log folder is full, until it is mended",
        _fill_the_disk,
        place=broker_on_small_disk,
        short=False,
        exits=frozenset({5, 6, 70}),
        aborts=False,
    ),
)
