"""Faust, exactly once: an agent from a topic through a function to a topic, without its web server and tables."""

import sys
import tempfile

import faust
from peer_scorer import scorer


def main(kind: str, servers: str, source: str, output: str, group: str, model_path: str) -> None:
    """Run until a signal."""
    with tempfile.TemporaryDirectory() as folder:
        app = faust.App(
            group,
            broker=f"kafka://{servers}",
            processing_guarantee="exactly_once",
            consumer_auto_offset_reset="earliest",
            broker_commit_every=5_000,
            topic_disable_leader=True,
            topic_allow_declare=False,
            producer_linger=0.01,  # without it nearly every prediction is a request of its own
            web_enabled=False,
            store="memory://",
            datadir=folder,
        )
        rides = app.topic(source, key_type=bytes, value_serializer="json")
        predictions = app.topic(output, key_type=bytes, value_serializer="json")
        score = scorer(kind, model_path)

        @app.agent(rides)
        async def score_rides(stream: faust.Stream) -> None:
            async for event in stream.events():
                await predictions.send(key=event.key, value=score(event.value))

        faust.Worker(app, loglevel="WARNING", logfile=None).execute_from_commandline()


if __name__ == "__main__":
    main(*sys.argv[1:])
