"""The network between workers and their broker drops, delays, or swallows one direction."""

from tests.chaos.fault import Fault
from tests.chaos.instruments import Instruments
from tests.chaos.places import proxied_broker
from tests.chaos.site import Site

_PACE = Instruments(pace_seconds=0.06)
_ENDS = frozenset({5, 6, 70})  # as where brokers break
_PATIENCE_SECONDS = 120.0
_OUTAGE_SECONDS = 6.0
_READ_AGAIN = "a batch is read again"


def _drop(site: Site) -> None:
    """Connections break at any moment; now and then none can be made for a while."""
    proxy = site.place.proxy
    assert proxy is not None
    site.crew.default(_PACE)
    posts = [site.crew.hire(name) for name in ("left", "right")]
    for number in range(40 if site.full else 12):
        site.patience.pause(site.random.uniform(0, 0.3))
        site.catch_in_transaction(*posts)
        if number % 4 == 3:
            proxy.refuse()
            site.patience.pause(2)
            proxy.refuse(False)
        else:
            proxy.drop()
        site.evidence.note("breaks inside a transaction")
    site.evidence.note("connections dropped", proxy.counts["dropped"])
    site.evidence.require_count("connections dropped", 12)


def _outage(site: Site) -> None:
    """No connection for longer than a record may take, and shorter than the session: the batch is lost, the group not.

    What was gathered is read again by going back, and by nothing else: there is no rebalance to do it.
    """
    proxy = site.place.proxy
    assert proxy is not None
    site.crew.default(_PACE)
    post = site.crew.hire("worker")
    for _ in range(10 if site.full else 3):
        site.catch_in_transaction(post)
        before = post.worker.log.read_text().count(_READ_AGAIN)
        proxy.refuse()
        site.patience.pause(_OUTAGE_SECONDS)
        proxy.refuse(False)
        site.wait_for_commits(post, 2, _PATIENCE_SECONDS)
        site.evidence.note("batches read again", post.worker.log.read_text().count(_READ_AGAIN) - before)
    site.evidence.require_count("batches read again", 2)


def _delay(site: Site) -> None:
    """Everything comes late, first by a little, then by seconds."""
    proxy = site.place.proxy
    assert proxy is not None
    site.crew.default(_PACE)
    posts = [site.crew.hire(name) for name in ("left", "right")]
    for seconds in (0.2, 1.5):
        site.catch_in_transaction(*posts)
        proxy.delay(seconds)
        site.patience.pause(30 if site.full else 12)
        proxy.delay(0)
        site.wait_for_commits(posts[0], 1, _PATIENCE_SECONDS)
    site.evidence.note("chunks delayed", proxy.counts["delayed"])
    site.evidence.require_count("chunks delayed", 10)


def _swallow(site: Site) -> None:
    """Requests arrive and their answers do not, or the other way round; the worker cannot know what was done."""
    proxy = site.place.proxy
    assert proxy is not None
    site.crew.default(_PACE)
    posts = [site.crew.hire(name) for name in ("left", "right")]
    for direction in ("answers", "requests") * (4 if site.full else 1):
        site.catch_in_transaction(*posts)
        proxy.swallow(direction)
        site.patience.pause(site.random.uniform(8, 14))
        proxy.swallow("")
        site.evidence.note(f"times {direction} were swallowed")
        site.wait_for_commits(posts[0], 2, _PATIENCE_SECONDS)
    site.evidence.note("chunks swallowed", proxy.counts["swallowed"])
    site.evidence.require_count("chunks swallowed", 4)


FAULTS = (
    Fault("network-drop", "a proxy breaks connections", _drop, place=proxied_broker, exits=_ENDS, aborts=False),
    Fault(
        "network-outage",
        "no connection for longer than a record may take",
        _outage,
        place=proxied_broker,
        short=False,
        settings={
            "WORKER_SESSION_TIMEOUT_SECONDS": "40",
            "WORKER_TRANSACTION_TIMEOUT_SECONDS": "3",
            "WORKER_DELIVERY_TIMEOUT_SECONDS": "4",
        },
        exits=_ENDS,
        aborts=False,
    ),
    Fault(
        "network-delay",
        "a proxy holds everything back",
        _delay,
        place=proxied_broker,
        short=False,
        exits=_ENDS,
        aborts=False,
    ),
    Fault(
        "network-swallow", "a proxy swallows one direction", _swallow, place=proxied_broker, exits=_ENDS, aborts=False
    ),
)
