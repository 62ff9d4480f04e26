"""The rides that every contestant reads: the bundled sample, over and over, each with an id of its own."""

import itertools
import time
from collections.abc import Iterator
from typing import Final

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from training import sample_rides
from worker.ride_events import events_of_file

PARTITIONS: Final = 4
_SECONDS: Final = 60.0


def ride_values(count: int) -> Iterator[tuple[bytes, bytes]]:
    """Ids and JSON of so many rides, about 100 bytes each."""
    tails = [event.value.partition(b",")[2] for event in events_of_file(str(sample_rides.MARCH))]
    for number, tail in zip(range(count), itertools.cycle(tails), strict=False):
        ride_id = b"ride-%09d" % number
        yield ride_id, b'{"ride_id":"%s",%s' % (ride_id, tail)


def fill_topic(servers: str, topic: str, count: int) -> None:
    """Make a topic and publish so many rides to it, spread evenly over its partitions."""
    make_topic(servers, topic)
    producer = Producer(
        {
            **_connection(servers),
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": 20,
            "batch.size": 256 << 10,
            "queue.buffering.max.messages": 200_000,
        }
    )
    for number, (key, value) in enumerate(ride_values(count)):
        while True:
            try:
                producer.produce(topic, value, key, number % PARTITIONS)
                break
            except BufferError:
                producer.poll(0.05)
    left = producer.flush(_SECONDS)
    if left:
        raise SystemExit(f"the broker took only {count - left:,} of {count:,} rides")


def make_topic(servers: str, topic: str, *, broker_time: bool = False) -> None:
    """Make a topic; with `broker_time` its records carry when the broker took them."""
    settings = {"message.timestamp.type": "LogAppendTime"} if broker_time else {}
    admin = AdminClient(_connection(servers))
    admin.create_topics([NewTopic(topic, PARTITIONS, 1, config=settings)])[topic].result(_SECONDS)
    deadline = time.monotonic() + _SECONDS
    while topic not in admin.list_topics(timeout=_SECONDS).topics and time.monotonic() < deadline:
        time.sleep(0.05)


def remove_topics(servers: str, *topics: str) -> None:
    """Delete topics, so that the disk holds one contestant's output at a time."""
    admin = AdminClient(_connection(servers))  # its futures end with it, so it needs a name
    for future in admin.delete_topics(list(topics)).values():
        future.result(_SECONDS)


def _connection(servers: str) -> dict[str, str | int]:
    return {"bootstrap.servers": servers, "log_level": 2}  # it tells every passing thing on standard error otherwise
