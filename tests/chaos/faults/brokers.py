"""Brokers break: killed and started again, silent for a while, and the node that coordinates transactions lost."""

from functools import partial

from tests.chaos.fault import Fault
from tests.chaos.instruments import Instruments
from tests.chaos.places import own_broker, three_nodes
from tests.chaos.site import Site

_PACE = Instruments(pace_seconds=0.06)
_PATIENCE_SECONDS = 120.0


def _kill_the_broker(site: Site) -> None:
    broker = site.place.broker
    assert broker is not None
    site.crew.default(_PACE)
    posts = [site.crew.hire(name) for name in ("left", "right")]
    for number in range(5 if site.full else 2):
        if number:
            site.wait_for_commits(posts[0], 2, _PATIENCE_SECONDS)
        with site.open_transaction(*posts):
            broker.kill()
        site.evidence.note("broker kills")
        site.patience.pause(site.random.uniform(0, 4))
        broker.start()
    site.evidence.require_count("stops inside a transaction", 2)


def _pause_the_broker(site: Site, seconds: float) -> None:
    broker = site.place.broker
    assert broker is not None
    site.crew.default(_PACE)
    posts = [site.crew.hire(name) for name in ("left", "right")]
    for number in range(3 if site.full else 1):
        if number:
            site.wait_for_commits(posts[0], 2, _PATIENCE_SECONDS)
        with site.open_transaction(*posts):
            broker.pause()
        site.evidence.note("broker pauses")
        try:
            site.patience.pause(seconds)
        finally:
            broker.resume()
    site.evidence.require_count("stops inside a transaction", 1)


def _lose_the_coordinator(site: Site) -> None:
    """The node is killed inside a transaction; work must go on without it before it comes back."""
    cluster = site.place.cluster
    assert cluster is not None
    site.crew.default(_PACE)
    post = site.crew.hire("worker")
    for number in range(5 if site.full else 2):
        if number:
            site.wait_for_commits(post, 2, _PATIENCE_SECONDS)
            site.evidence.note("times work went on without it")
            cluster.start()
        site.patience.until(lambda: post.worker.commits >= 2, _PATIENCE_SECONDS, "two commits")
        ((node, _state),) = site.view.transactional_ids(site.transactional_prefix).values()
        with site.open_transaction(post):
            cluster.nodes[node].kill()
        site.evidence.note("coordinators lost")
    site.evidence.require_count("stops inside a transaction", 2)
    # The last one stays away while the rest is drained: recovery is that of two nodes.
    site.evidence.require_count("times work went on without it", 1)


# No broker answers a worker that starts; fenced; ended by the watchdog.
_ENDS = frozenset({5, 6, 70})
FAULTS = (
    Fault(
        "broker-kill",
        "the broker is killed and started again",
        _kill_the_broker,
        place=own_broker,
        exits=_ENDS,
        aborts=False,
    ),
    *(
        Fault(
            f"broker-pause-{seconds}",
            f"the broker is silent for {seconds} s",
            partial(_pause_the_broker, seconds=seconds),
            place=own_broker,
            short=seconds < 15,
            exits=_ENDS,
            aborts=seconds > 15,
        )
        for seconds in (10, 45)
    ),
    Fault(
        "coordinator-loss",
        "the node that coordinates the transaction is lost, of three",
        _lose_the_coordinator,
        place=three_nodes,
        exits=_ENDS,
        aborts=False,
    ),
)
