"""Notes when a reader of committed records gets each prediction: `FILE SERVERS TOPIC COUNT SECONDS READY RESULT`.

A prediction carries its ride's timestamp, so its age at arrival is the whole way from publish to committed prediction.
READY appears when it reads; RESULT takes one `timestamp age` line a prediction, in milliseconds.
"""

import sys
import time
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from bench.stream.rides import PARTITIONS


def main(servers: str, topic: str, count: int, seconds: float, ready: str, result: str) -> None:
    """Read so many predictions, or for so long."""
    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": "arrivals",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "fetch.wait.max.ms": 20,
        }
    )
    # From their ends as they are now: a position that were looked up later would pass over the first predictions.
    ends = [consumer.get_watermark_offsets(TopicPartition(topic, number), 10)[1] for number in range(PARTITIONS)]
    consumer.assign([TopicPartition(topic, number, end) for number, end in enumerate(ends)])
    consumer.consume(1, 0.5)
    Path(ready).touch()
    ages: list[tuple[int, float]] = []
    deadline = time.monotonic() + seconds
    while len(ages) < count and time.monotonic() < deadline:
        records = consumer.consume(1_000, 0.02)
        now_ms = time.time() * 1000
        for record in records:
            _kind, published_ms = record.timestamp()
            ages.append((published_ms, now_ms - published_ms))
    consumer.close()
    Path(result).write_text("".join(f"{published} {age:.1f}\n" for published, age in ages))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), sys.argv[5], sys.argv[6])
