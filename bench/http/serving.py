"""One server on the first core: started, waited for until its answers are right, ended."""

import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from bench.http.contestants import Contestant, Models
from bench.http.cores import on_core
from bench.http.rides import AskedRide
from bench.running import running
from local_services.guarded import Guarded
from local_services.ports import free_port

_START_SECONDS: Final = 90.0
_ANSWER_SECONDS: Final = 5.0
_TOLERANCE_MINUTES: Final = 1e-6
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy of the machine's is none of ours


class Broken(Exception):
    """A server did not start, ended, or answered wrongly; the others are measured all the same."""


@dataclass(frozen=True, slots=True)
class Serving:
    """A running server.

    Attributes:
        program: its processes.
        port: on the loopback address.
    """

    program: Guarded
    port: int


@contextmanager
def serving(contestant: Contestant, models: Models, rides: Sequence[AskedRide], folder: Path) -> Iterator[Serving]:
    """Run a server for the length of a ``with``; every ride has been answered rightly once when it begins.

    Raises:
        Broken: it did not come up, or an answer is wrong.
    """
    port = free_port()
    log = folder / f"{contestant.name.replace(' ', '-').replace(',', '')}-{port}.log"
    command = on_core(0, contestant.command(port, models))
    with running(command, log, contestant.settings(port, models)) as program:

        def answers() -> bool:
            try:
                ask(contestant, port, rides[0])
            except OSError:
                return False
            return True

        if problem := program.wait_until(answers, _START_SECONDS):
            raise Broken(f"{contestant.name} {problem}")
        check(contestant, port, rides)
        yield Serving(program, port)
        check(contestant, port, rides)


def check(contestant: Contestant, port: int, rides: Sequence[AskedRide]) -> None:
    """Ask for every ride once and compare with the core.

    Raises:
        Broken: one answer is wrong.
    """
    for asked in rides:
        try:
            found = ask(contestant, port, asked)
        except OSError as error:
            raise Broken(f"{contestant.name}: {error}") from error
        apart = abs(found - asked.duration_minutes)
        if apart > (0 if contestant.exact else _TOLERANCE_MINUTES):
            raise Broken(f"{contestant.name} answered {found!r} for {asked}")


def ask(contestant: Contestant, port: int, asked: AskedRide) -> float:
    """The duration that a server answers for one ride.

    Raises:
        OSError: no answer, or one that is no success.
    """
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{contestant.path}",
        contestant.body(asked.ride),
        {"Content-Type": "application/json"},
    )
    with _direct.open(request, timeout=_ANSWER_SECONDS) as answer:
        told = msgspec.json.decode(answer.read())
    return float(told["outputs"][0]["data"][0] if "outputs" in told else told["duration"])
