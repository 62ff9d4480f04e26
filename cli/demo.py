"""`ridescore demo`: the main job on real rides, on a real Kafka where one can be had, ending as it began."""

import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import chain
from types import FrameType
from typing import Any, NoReturn

import click
from rich.console import Console

from cli.broker import open_client, quiet_libraries
from cli.exit_codes import ExitCode
from cli.output import json_option, show_facts, show_json, show_table
from cli.train import show_training
from scoring.prediction import Prediction
from scoring.scorer import Scorer
from scoring.settings.kafka_settings import KafkaSettings
from scoring.settings.settings import Settings, read_settings
from scoring.settings.worker_settings import WorkerSettings
from worker.clients.client import Client
from worker.predictions_feed import FedDeadLetter

_PARTITIONS = 3
_SHOWN = 12
_PATIENCE_SECONDS = 120.0


@click.command()
@json_option
def demo(as_json: bool) -> None:
    """Train on real rides, publish others to Kafka, score them exactly once, and show the predictions.

    Starts what it needs (a Kafka by Docker or from its own jars) and ends what it started.

    \b
    Example: ridescore demo
    """
    quiet_libraries()
    for number in (signal.SIGTERM, signal.SIGINT):  # also where a shell started this in the background, deaf to SIGINT
        signal.signal(number, _interrupt)
    say = Console(stderr=True, highlight=False).print
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ridescore-demo-"))
        client, settings, broker = stack.enter_context(_broker(say))
        result = _run(client, settings, folder, say, as_json)
    result["broker"] = broker
    _show(result, as_json)
    if result["rides"] != result["predictions"] + sum(result["dead_letters"].values()):
        raise click.exceptions.Exit(ExitCode.UNEXPECTED)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


@contextmanager
def _broker(say: Callable[[str], None]) -> Iterator[tuple[Client, WorkerSettings, str]]:
    """A Kafka, whichever way it can be had; else the broker in memory."""
    import local_services

    settings = read_settings()
    mine = _own_topics(settings)
    with ExitStack() as stack:
        try:
            running = stack.enter_context(local_services.kafka(report=say))
        except local_services.ServiceUnavailable as error:
            from worker.clients.memory import MemoryClient
            from worker.clients.memory_broker import MemoryBroker

            say(f"[yellow]no Kafka could be had, so this demo runs on a broker in memory.[/yellow]\n{error}")
            yield MemoryClient(MemoryBroker(), mine.input_topic, mine.group), mine, "in memory, no Kafka"
            return
        kafka = KafkaSettings(**{**settings.kafka.model_dump(), "bootstrap_servers": running.bootstrap_servers})
        yield open_client(replace(settings, kafka=kafka, worker=mine)), mine, running.description


def _own_topics(settings: Settings) -> WorkerSettings:
    """Names of its own, so that a demo on somebody's Kafka touches no topic of theirs."""
    mark = f"demo-{int(time.time())}"
    return WorkerSettings(
        **{
            **settings.worker.model_dump(),
            "input_topic": f"rides.{mark}",
            "output_topic": f"predictions.{mark}",
            "dead_letter_topic": f"rides.dead-letters.{mark}",
            "group": f"ridescore.{mark}",
        }
    )


def _run(
    client: Client, settings: WorkerSettings, folder: str, say: Callable[[str], None], as_json: bool
) -> dict[str, Any]:
    from scoring.registry.registry import Registry
    from training import sample_rides
    from training.dataset import actual_minutes
    from training.first_model import train_sample_versions
    from worker.publisher import publish
    from worker.ride_events import events_of_file
    from worker.topics import create_topics

    say("training on real rides of January 2021, validating on February's")
    registry = Registry(f"{folder}/models")
    trained = train_sample_versions(registry)
    manifest = trained[0]
    registry.activate(manifest.version)
    if not as_json:
        for each in trained:
            show_training(each)
    say(f"activated {manifest.version} ({manifest.algorithm}), the better of the two on February's rides")
    scorer = Scorer(registry.load_active().model, manifest.version)
    create_topics(client, settings, _PARTITIONS, 1)
    try:
        writer = client.writer()
        stream, broken = str(sample_rides.MARCH), str(sample_rides.BROKEN_EVENTS)
        published = publish(writer, settings.input_topic, chain(events_of_file(stream), events_of_file(broken)))
        writer.close()
        say(f"published {published:,} rides of March 2021, three of them broken, to {settings.input_topic}")
        seconds = _score(client, scorer, settings, published)
        predictions, dead_letters = _read_back(client, settings)
    finally:
        client.delete_topics([settings.input_topic, settings.output_topic, settings.dead_letter_topic])
    minutes = actual_minutes(stream)
    actual = {f"{sample_rides.MARCH.stem}_{row}": each for row, each in enumerate(minutes.tolist())}
    return {
        "model_version": manifest.version,
        "algorithm": manifest.algorithm,
        "rides": published,
        "predictions": len(predictions),
        "dead_letters": Counter(letter.reason for letter in dead_letters),
        "rides_per_second": round(published / seconds),
        "examples": [
            {
                "ride_id": prediction.ride_id,
                "predicted_minutes": prediction.duration,
                "actual_minutes": actual.get(prediction.ride_id),
                "known_route": prediction.known_route,
            }
            for prediction in predictions
        ],
        "broken": dead_letters,
    }


def _score(client: Client, scorer: Scorer, settings: WorkerSettings, expected: int) -> float:
    """Run a worker in this process until it has committed every ride; how long it took, from its first commit."""
    from prometheus_client import CollectorRegistry

    from scoring.metrics import Metrics
    from scoring.scorer_source import FixedScorer
    from worker.state import WorkerState
    from worker.watchdog import Watchdog
    from worker.worker import Totals, Worker, phase_bounds

    state = WorkerState(settings.max_poll_interval_seconds)
    watchdog = Watchdog(phase_bounds(settings))
    metrics = Metrics(CollectorRegistry())
    slot = f"ridescore-{settings.group}"
    worker = Worker(client, FixedScorer(scorer), settings, slot, metrics, state, watchdog)

    def committed(totals: Totals) -> None:
        if totals.predictions + totals.dead_letters >= expected:
            worker.stop()

    patience = threading.Timer(_PATIENCE_SECONDS, worker.stop)
    patience.daemon = True
    patience.start()
    try:
        with watchdog.watching():
            worker.run(committed)
    finally:
        patience.cancel()
    return worker.totals.busy_seconds


def _read_back(client: Client, settings: WorkerSettings) -> tuple[list[Prediction], list[FedDeadLetter]]:
    """What a reader of committed records finds on the topics, which is what counts."""
    from worker.predictions_feed import fed_dead_letter, fed_prediction, records

    reader = client.reader(settings.output_topic, from_beginning=True)
    predictions = [fed.prediction for record in records(reader, to_end=True) if (fed := fed_prediction(record))]
    reader.close()
    reader = client.reader(settings.dead_letter_topic, from_beginning=True)
    dead_letters = [fed_dead_letter(record) for record in records(reader, to_end=True)]
    reader.close()
    return predictions, dead_letters


def _show(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show_json(result)
        return
    timed = [each for each in result["examples"] if each["actual_minutes"] is not None]
    show_table(
        "Predictions beside what the rides took, in minutes",
        ("ride", "predicted", "actual", "difference", "route seen in training"),
        (
            (
                each["ride_id"],
                f"{each['predicted_minutes']:.2f}",
                f"{each['actual_minutes']:.2f}",
                f"{each['predicted_minutes'] - each['actual_minutes']:+.2f}",
                "yes" if each["known_route"] else "no",
            )
            for each in timed[:: max(1, len(timed) // _SHOWN)][:_SHOWN]
        ),
        numbers=("predicted", "actual", "difference"),
    )
    show_table(
        "Dead letters",
        ("ride", "reason", "what is wrong"),
        ((each.source, each.reason, each.message) for each in result["broken"]),
    )
    show_facts(
        "In all",
        {
            "Kafka": result["broker"],
            "rides in": f"{result['rides']:,}",
            "predictions out": f"{result['predictions']:,}",
            "dead letters": ", ".join(f"{count} {reason}" for reason, count in result["dead_letters"].items()),
            "rides lost": f"{result['rides'] - result['predictions'] - sum(result['dead_letters'].values()):,}",
            "speed": f"{result['rides_per_second']:,} rides a second, from reading a batch to its commit",
            "model version": f"{result['model_version']} ({result['algorithm']})",
        },
    )
