"""Which servers are measured: the API with and without its fast path, its ceiling, the course notes' app, the peers."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.http.peers.environments import COURSE_NOTES as NOTES_ENVIRONMENT
from bench.http.rides import open_inference_body, plain_body, without_id
from scoring.rides.ride import Ride

OURS: Final = "ridescore"
OURS_FLASK: Final = "ridescore, Flask alone"
CEILING: Final = "bare function, same loop"
BARE_GRANIAN: Final = "bare WSGI function, granian"
COURSE_NOTES: Final = "course notes"
SKLEARN: Final = "scikit-learn"
LOOKUP: Final = "dict look-up"
_PROGRAMS: Final = Path(__file__).parent / "programs"
_DURATION: Final = r'"duration":%s*([%d%.eE+-]+)'


@dataclass(frozen=True, slots=True)
class Models:
    """One model in the forms that contestants read.

    Attributes:
        registry: with it as the active version.
        pickled: a (DictVectorizer, LinearRegression).
    """

    registry: str
    pickled: Path


@dataclass(frozen=True, slots=True)
class Contestant:
    """One row of the table.

    Attributes:
        name: unique.
        meaning: what it does, for the page.
        command: what to run on a port.
        settings: environment variables.
        path: of the route.
        body: one ride as the route reads it.
        pattern: a Lua pattern that finds the duration in an answer.
        exact: it computes as the core does, bit for bit; others may differ by rounding.
        names_rides: its answers say which ride they are for.
    """

    name: str
    meaning: str
    command: Callable[[int, Models], Sequence[str]]
    settings: Callable[[int, Models], Mapping[str, str]] = field(default=lambda _port, _models: {})
    path: str = "/predict"
    body: Callable[[Ride], bytes] = plain_body
    pattern: str = _DURATION
    exact: bool = False
    names_rides: bool = False


def _serve(port: int, _models: Models) -> list[str]:
    return [sys.executable, "-m", "cli", "serve", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]


def own_contestants() -> list[Contestant]:
    """The API, twice, its ceiling, and the same function under another server."""
    return [
        Contestant(
            OURS,
            "`ridescore serve --workers 1` as it comes: checks, scores, request ids, metrics, sampled access log",
            _serve,
            lambda _port, models: {"MODEL_REGISTRY": models.registry},
            exact=True,
            names_rides=True,
        ),
        Contestant(
            OURS_FLASK,
            "the same with `API_FAST_PATH=0`: every request goes through Flask",
            _serve,
            lambda _port, models: {"MODEL_REGISTRY": models.registry, "API_FAST_PATH": "0"},
            exact=True,
            names_rides=True,
        ),
        _bare(
            CEILING,
            "the ceiling: uvloop and httptools, as in the API, around a function that decodes and scores the ride and "
            "encodes the prediction by the core; no routes, headers, limits, time-outs, metrics or log",
            "bare_loop",
        ),
        _bare(
            BARE_GRANIAN,
            "the same function as a WSGI application under granian, with eight threads",
            "bare_granian",
        ),
    ]


def _bare(name: str, meaning: str, program: str) -> Contestant:
    return Contestant(
        name,
        meaning,
        lambda port, _models: [sys.executable, str(_PROGRAMS / f"{program}.py"), str(port)],
        lambda _port, models: {"MODEL_REGISTRY": models.registry},
        exact=True,
        names_rides=True,
    )


def course_notes(pythons: Mapping[str, Path]) -> list[Contestant]:
    """The course notes' app, where its environment is there."""
    if NOTES_ENVIRONMENT not in pythons:
        return []
    gunicorn = pythons[NOTES_ENVIRONMENT].with_name("gunicorn")
    return [
        Contestant(
            COURSE_NOTES,
            "the course notes' app: Flask, DictVectorizer and LinearRegression, under gunicorn with one sync worker",
            lambda port, _models: [str(gunicorn), "--bind", f"127.0.0.1:{port}", "--workers", "1", "course_notes:app"],
            lambda _port, models: {"MODEL_PATH": str(models.pickled), "PYTHONPATH": str(_PROGRAMS)},
        )
    ]


def peer_contestants(pythons: Mapping[str, Path]) -> list[Contestant]:
    """The peers that are installed, each with scikit-learn a ride and with the model as one dict look-up a ride."""
    titles = {
        "mlserver": ("MLServer", "a custom runtime without parallel workers, by the Open Inference Protocol"),
        "litserve": ("LitServe", "one worker on the processor, one API server"),
        "bentoml": ("BentoML", "one worker, without access log, metrics and tracing"),
    }
    kinds = {
        "sklearn": (SKLEARN, "one DictVectorizer.transform and one LinearRegression.predict a ride"),
        "lookup": (LOOKUP, "the model reduced by hand to one dict look-up a ride, so that only the server counts"),
    }
    return [
        _peer(f"{title}, {kind_title}", f"{how}; {meaning}", peer, kind, pythons[peer])
        for peer, (title, how) in titles.items()
        if peer in pythons
        for kind, (kind_title, meaning) in kinds.items()
    ]


def _peer(name: str, meaning: str, peer: str, kind: str, python: Path) -> Contestant:
    def command(port: int, models: Models) -> list[str]:
        return [str(python), str(_PROGRAMS / f"{peer}_app.py"), kind, str(port), str(models.pickled)]

    if peer == "mlserver":
        pattern, path = r'"data":%s*%[%s*([%d%.eE+-]+)', "/v2/models/rides/infer"
        return Contestant(name, meaning, command, path=path, body=open_inference_body, pattern=pattern)
    return Contestant(name, meaning, command, body=without_id)
