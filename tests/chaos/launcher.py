"""Runs the real `ridescore worker` with hooks around it: it notes its phase in a file, and dies where it is told to.

A script, started by :mod:`tests.chaos.worker_process`. Replaces three names before the command line is imported: the
watchdog, which is told of every phase anyway, and what opens the client and loads the model, whose results are wrapped.
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path
from random import Random
from typing import Any

import cli.broker
import scoring.model_source
import worker.watchdog
from scoring.scorer import Scorer
from tests.chaos.instruments import CLIENT, JOURNAL, PACE_FILE, Instruments

_WRONG_CLIENT = 99
_LONGEST_COMMIT_SECONDS = 0.02
_STEPS = frozenset({"begin", "send", "flush", "offsets", "commit"})
_SETTLE_SECONDS = 0.05  # for records on their way to arrive before a crash: a transaction without any is not open


class Hooks:
    """Follows the worker's phases and carries out its instruments."""

    def __init__(self, instruments: Instruments, journal: Path, pace_file: Path) -> None:
        self._instruments = instruments
        self._journal = os.open(journal, os.O_WRONLY | os.O_CREAT, 0o600)
        self._pace_file = pace_file
        self._left = instruments.crash_time
        self._phase = ""
        self._commits = 0
        self._sent = 0

    def phase(self, phase: str) -> None:
        """The worker begins a phase; "idle" after a commit is its success."""
        committed = phase == "idle" and self._phase == "commit"
        self._commits += committed
        self._phase = phase
        self._sent = 0
        self._note(phase)
        self._crash_if("committed" if committed else phase)
        if self._instruments.pace_seconds and phase in _STEPS and self._pace_file.exists():
            time.sleep(self._instruments.pace_seconds)
        if phase == "commit" and self._instruments.crash_at == "in-commit":
            self._left -= 1
            if not self._left:
                threading.Timer(Random().uniform(0, _LONGEST_COMMIT_SECONDS), _die).start()

    def sent(self) -> None:
        """A record was handed to the producer."""
        self._sent += 1
        if self._sent == 8:
            self._crash_if("mid-send")

    def _crash_if(self, point: str) -> None:
        if point == self._instruments.crash_at:
            self._left -= 1
            if not self._left:
                self._note(point)
                if point in {"mid-send", "flush"}:
                    time.sleep(_SETTLE_SECONDS)
                _die()

    def _note(self, phase: str) -> None:
        os.pwrite(self._journal, f"{phase:<15} {self._commits:>15}".encode(), 0)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class HookedProducer:
    """A producer that tells of each send."""

    def __init__(self, inner: Any, hooks: Hooks) -> None:
        self._inner, self._hooks = inner, hooks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def send(self, record: Any) -> None:
        self._inner.send(record)
        self._hooks.sent()

    def send_all(self, records: Any) -> None:
        for record in records:
            self.send(record)


class HookedClient:
    """A client that makes hooked producers."""

    def __init__(self, inner: Any, hooks: Hooks) -> None:
        self._inner, self._hooks = inner, hooks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def producer(self, transactional_id: str) -> HookedProducer:
        return HookedProducer(self._inner.producer(transactional_id), self._hooks)


class SlowModel:
    """A model that takes its time for its first batches."""

    def __init__(self, inner: Any, seconds: float, batches: int) -> None:
        self._inner, self._seconds, self._left = inner, seconds, batches

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def score_rides(self, rides: Any) -> Any:
        if self._left:
            self._left -= 1
            time.sleep(self._seconds)
        return self._inner.score_rides(rides)


def _install(hooks: Hooks, instruments: Instruments, client_name: str) -> None:
    real_watchdog, real_open = worker.watchdog.Watchdog, cli.broker.open_client

    class HookedWatchdog(real_watchdog):  # type: ignore[misc, valid-type]
        def reached(self, phase: str) -> None:
            super().reached(phase)
            hooks.phase(phase)

    def open_hooked(*arguments: Any, **named: Any) -> HookedClient:
        client = real_open(*arguments, **named)
        # A run for a client that the command line does not build yet would be a second run of the default one.
        if client_name.replace("-", "_") not in type(client).__module__:
            sys.stderr.write(f"KAFKA_CLIENT={client_name} gave {type(client).__module__}.{type(client).__name__}\n")
            os._exit(_WRONG_CLIENT)
        return HookedClient(client, hooks)

    def slow_scorer(model: Any, version: str, **named: Any) -> Scorer:
        return Scorer(SlowModel(model, instruments.slow_seconds, instruments.slow_batches), version, **named)

    worker.watchdog.Watchdog = HookedWatchdog  # type: ignore[misc]
    cli.broker.open_client = open_hooked
    if instruments.slow_batches:
        scoring.model_source.Scorer = slow_scorer  # type: ignore[assignment, misc]


def main() -> int:
    """Run `ridescore worker` to its end; its exit code."""
    instruments = Instruments.of_environment(os.environ)
    hooks = Hooks(instruments, Path(os.environ[JOURNAL]), Path(os.environ[PACE_FILE]))
    _install(hooks, instruments, os.environ[CLIENT])
    from cli.main import exit_of

    return exit_of(["worker"])


if __name__ == "__main__":
    sys.exit(main())
