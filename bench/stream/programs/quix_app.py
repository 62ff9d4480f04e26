"""Quix Streams, exactly once: its documented way from a topic through a function to a topic.

A transaction is as large as the worker's.
"""

import sys

from peer_scorer import scorer
from quixstreams import Application


def main(kind: str, servers: str, source: str, output: str, group: str, model_path: str) -> None:
    """Run until a signal."""
    app = Application(
        broker_address=servers,
        consumer_group=group,
        auto_offset_reset="earliest",
        processing_guarantee="exactly-once",
        commit_every=5_000,
        auto_create_topics=False,
        loglevel="WARNING",
    )
    rides = app.topic(source, key_deserializer="bytes", value_deserializer="json")
    predictions = app.topic(output, key_serializer="bytes", value_serializer="json")
    app.dataframe(rides).apply(scorer(kind, model_path)).to_topic(predictions)
    app.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
