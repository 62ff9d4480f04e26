"""Publishes rides at a fixed rate, each stamped with its time: `FILE SERVERS TOPIC RATE SECONDS`."""

import sys
import time

from confluent_kafka import Producer

from bench.stream.rides import PARTITIONS, ride_values

_TICK_SECONDS = 0.002


def main(servers: str, topic: str, rate: float, seconds: float) -> None:
    """Publish and wait until the broker has all."""
    producer = Producer({"bootstrap.servers": servers, "acks": "all", "linger.ms": 1})
    total = int(rate * seconds)
    rides = ride_values(total)
    began = time.monotonic()
    sent = 0
    while sent < total:
        due = min(total, int((time.monotonic() - began) * rate))
        now_ms = int(time.time() * 1000)
        for _ in range(due - sent):
            key, value = next(rides)
            producer.produce(topic, value, key, sent % PARTITIONS, timestamp=now_ms)
            sent += 1
        producer.poll(0)
        time.sleep(_TICK_SECONDS)
    producer.flush(30)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4]))
