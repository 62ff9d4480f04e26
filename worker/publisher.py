"""Publishing ride events to a topic, at full speed or at a rate."""

import time
from collections.abc import Callable, Iterable

from worker.clients.client import Outgoing, Writer
from worker.ride_events import RideEvent

_PACE_SECONDS = 0.02


def publish(
    writer: Writer,
    topic: str,
    events: Iterable[RideEvent],
    rate: float | None = None,
    on_published: Callable[[int], None] = lambda _count: None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Write events, keyed by ride id, and wait until the broker has all of them.

    Args:
        writer: to write with.
        topic: to write to.
        events: what to write.
        rate: events a second, spread evenly; None is as fast as it goes.
        on_published: is told how many have been written so far.
        clock: seconds that never go back.
        sleep: waits.

    Returns:
        How many were written; all have been acknowledged.

    Raises:
        BrokerError: the broker did not take one; those before it may have been written.
    """
    began = clock()
    count = 0
    for event in events:
        if rate is not None:
            ahead = count / rate - (clock() - began)
            if ahead > _PACE_SECONDS:
                sleep(ahead)
        writer.write(Outgoing(topic, None, event.key, event.value, [], None))
        count += 1
        on_published(count)
    writer.flush()
    return count
