"""Who races: the worker on each client, that client's ceiling, the course notes' way, and the peers."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from scoring.settings.kafka_settings import KafkaSettings

CLIENTS: Final = ("kafka-python", "confluent")
COURSE_NOTES: Final = "course notes"
QUIX_SKLEARN: Final = "Quix Streams, scikit-learn"
QUIX_LOOKUP: Final = "Quix Streams, dict look-up"
_PROGRAMS: Final = Path(__file__).parent / "programs"
_INTERFACE: Final = {
    "kafka-python": "; by the client's own interface, which the worker does without for most records (ADR 0011), so "
    "that it may be faster"
}


@dataclass(frozen=True, slots=True)
class Course:
    """What all contestants of one run share.

    Attributes:
        servers: the broker.
        topic: of rides.
        model: a pickled (DictVectorizer, LinearRegression), as notebooks leave it.
        registry: the worker's, with the same regression trained on the same rides as its active version.
        rides: how many of the topic's are counted.
        seconds: how long a contestant is timed, from its first commit, unless it is through with the topic before.
    """

    servers: str
    topic: str
    model: Path
    registry: str
    rides: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Contestant:
    """One row of the table.

    Attributes:
        name: unique.
        meaning: what it does, for the page.
        command: without the arguments that every program of bench/stream/programs takes; empty is the worker.
        settings: environment variables.
        processes: how many score.
        ceiling: the name of the row that it is measured against.
        exactly_once: offsets and predictions are committed together.
    """

    name: str
    meaning: str
    command: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    processes: int = 1
    ceiling: str = ""
    exactly_once: bool = True

    def command_line(self, course: Course, output: str, group: str) -> list[str]:
        """What to run."""
        if not self.command:
            return [str(Path(sys.executable).with_name("ridescore")), "worker", "--processes", str(self.processes)]
        return [*self.command, course.servers, course.topic, output, group, str(course.model)]

    def environment(self, course: Course, output: str, group: str) -> dict[str, str]:
        """Its settings, and the worker's own."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": course.servers,
            "MODEL_REGISTRY": course.registry,
            "WORKER_INPUT_TOPIC": course.topic,
            "WORKER_OUTPUT_TOPIC": output,
            "WORKER_DEAD_LETTER_TOPIC": f"{course.topic}.dead-letters",
            "WORKER_GROUP": group,
            **self.settings,
        }


def worker_settings(client: str) -> dict[str, str]:
    """What chooses a client; nothing where the worker knows one only."""
    return {"KAFKA_CLIENT": client} if "client" in KafkaSettings.model_fields else {}


def worker_has(client: str) -> bool:
    """Whether the worker runs on this client here."""
    return find_spec(f"worker.clients.{client.replace('-', '_')}.client") is not None


def own_contestants(clients: Sequence[str]) -> list[Contestant]:
    """For each client the worker, beside its ceiling, and with two processes; then the course notes' way."""
    found: list[Contestant] = []
    for client in clients:
        ceiling = _ceiling(client)
        if worker_has(client):
            found += [_worker(client, 1), ceiling, _ceiling(client, "headers"), _worker(client, 2)]
        else:
            found += [ceiling, _ceiling(client, "headers")]
    return [*found, _COURSE_NOTES]


def worker_name(client: str, processes: int = 1) -> str:
    """The name of the worker's row."""
    return f"ridescore, {client}" + (f", {processes} processes" if processes > 1 else "")


def _worker(client: str, processes: int) -> Contestant:
    return Contestant(
        worker_name(client, processes),
        f"`ridescore worker --processes {processes}` with `KAFKA_CLIENT={client}`: decodes and checks every ride, "
        "scores it, writes headers, counts metrics, keeps dead letters; exactly once",
        settings=worker_settings(client),
        processes=processes,
        ceiling=ceiling_name(client),
    )


def ceiling_name(client: str, kind: str = "bare") -> str:
    """The name of a ceiling's row; `headers` writes what the worker adds to each record, too."""
    return f"pass-through with headers, {client}" if kind == "headers" else f"pass-through, {client}"


def _ceiling(client: str, kind: str = "bare") -> Contestant:
    meanings = {
        "bare": f"the ceiling: {client} alone reads a record and writes its key and value, in transactions of the "
        "worker's size with the worker's options; decodes, scores and checks nothing",
        "headers": "the same, and writes each record's time and the two headers that the worker gives it",
    }
    return Contestant(
        ceiling_name(client, kind),
        meanings[kind] + _INTERFACE.get(client, ""),
        command=(sys.executable, str(_PROGRAMS / f"pass_{client.replace('-', '_')}.py"), kind),
        settings=worker_settings(client),
    )


_COURSE_NOTES: Final = Contestant(
    COURSE_NOTES,
    "a notebook's script: kafka-python, auto-commit, one json.loads, one DictVectorizer.transform, one "
    "LinearRegression.predict and one send a ride; loses or repeats rides when it is killed",
    command=(sys.executable, str(_PROGRAMS / "notebook.py")),
    exactly_once=False,
)


def peer_contestants(pythons: Mapping[str, Path]) -> list[Contestant]:
    """The peers that are installed, each with scikit-learn a ride and with the model as one dict look-up a ride.

    Args:
        pythons: the interpreter of each peer's own virtual environment.
    """
    scorers = {
        "sklearn": ("scikit-learn", "one DictVectorizer.transform and one LinearRegression.predict a ride"),
        "lookup": (
            "dict look-up",
            "the model reduced by hand to one dict look-up a ride, so that only the framework counts",
        ),
    }
    titles = {
        "quix": ("Quix Streams", 'processing_guarantee="exactly-once", a commit every 5,000 rides'),
        "faust": ("Faust", 'faust-streaming with processing_guarantee="exactly_once", a commit every 5,000 rides'),
    }
    return [
        Contestant(
            f"{title}, {scorer_title}",
            f"{guarantee}; {meaning}",
            command=(str(pythons[peer]), str(_PROGRAMS / f"{peer}_app.py"), scorer),
        )
        for peer, (title, guarantee) in titles.items()
        if peer in pythons
        for scorer, (scorer_title, meaning) in scorers.items()
    ]
