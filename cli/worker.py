"""`ridescore worker`: builds and runs the stream door; SIGTERM or Ctrl-C drains it, a second Ctrl-C ends it at once."""

import gc
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import nullcontext
from types import FrameType
from typing import TYPE_CHECKING

import click

from cli.broker import open_client
from cli.exit_codes import ExitCode
from scoring.settings.settings import Settings, read_settings

if TYPE_CHECKING:
    from scoring.scorer import Scorer

log = logging.getLogger(__name__)


@click.command()
@click.option("--processes", type=click.IntRange(1, 256), default=1, show_default=True, help="Workers, a slot each.")
@click.option("--parent-pipe", type=int, hidden=True, help="Drain when this file descriptor closes.")
def worker(processes: int, parent_pipe: int | None) -> None:
    """Score ride events from Kafka, exactly once, until told to stop.

    Logs JSON lines on standard error. SIGTERM or Ctrl-C: finishes the batch in flight, commits it and exits with 0.

    \b
    Example:
      KAFKA_BOOTSTRAP_SERVERS=localhost:9092 MODEL_REGISTRY=models ridescore worker --processes 2
    """
    from scoring.logs import configure_logs

    settings = read_settings()
    configure_logs(settings.log.log_level)
    if processes > 1:
        raise click.exceptions.Exit(_run_processes(settings, processes))
    run_worker(settings, parent_pipe)


def run_worker(settings: Settings, parent_pipe: int | None = None) -> None:
    """Build the worker from the settings and run it in this thread until a signal.

    Args:
        settings: what to build.
        parent_pipe: a file descriptor that closes when the parent dies.
    """
    from prometheus_client import CollectorRegistry

    from scoring.following.follower import Follower
    from scoring.metrics import Metrics
    from worker.probes import serve_probes
    from worker.slot import hold_slot, transactional_id
    from worker.state import WorkerState
    from worker.watchdog import Watchdog
    from worker.worker import Worker, phase_bounds

    mine = settings.worker
    metrics = Metrics(CollectorRegistry())
    state = WorkerState(slow_seconds=mine.max_poll_interval_seconds)

    def scores(scorer: "Scorer") -> None:
        state.model_version = scorer.model_version  # an idle worker's probes tell of a swap, too

    watchdog = Watchdog(phase_bounds(mine))
    client = open_client(settings, on_rebalance=metrics.rebalances.inc)
    with (
        Follower(settings.model, settings.redis, metrics, scores) as scorers,
        nullcontext(scorers.current()) as scorer,  # none at the start ends it: it would only hold rides back
        hold_slot(mine.group, mine.slot) as slot,
        serve_probes(mine.port, state, metrics.registry) as port,
        watchdog.watching(),
    ):
        running = Worker(client, scorers, mine, transactional_id(mine.group, slot), metrics, state, watchdog)
        _stop_on_signals(running.stop)
        if parent_pipe is not None:
            _stop_with_parent(parent_pipe, running.stop)
        context = {"slot": slot, "group": mine.group, "port": port, "model_version": scorer.model_version}
        log.info("worker started", extra=context)
        # A batch makes tens of thousands of objects that hold no cycles; collecting every 700 doubles a ride's cost.
        gc.freeze()
        gc.set_threshold(100_000, 50, 100)
        running.run()
        totals = running.totals
        log.info("worker stopped", extra={"rides": totals.predictions, "dead_letters": totals.dead_letters})


def _run_processes(settings: Settings, count: int) -> int:
    from worker.processes import Processes
    from worker.slot import child_slots

    slots = child_slots(settings.worker.slot, count)
    ports = [settings.worker.port and settings.worker.port + number for number in range(count)]

    def start(number: int, pipe: int) -> subprocess.Popen[bytes]:
        changed = {"WORKER_PORT": str(ports[number])} | ({"WORKER_SLOT": slots[number]} if slots else {})
        words = [sys.executable, "-m", "cli", "worker", "--parent-pipe", str(pipe)]
        # A session of its own: Ctrl-C in a terminal reaches the parent, which then drains them all.
        return subprocess.Popen(words, env={**os.environ, **changed}, pass_fds=[pipe], start_new_session=True)  # noqa: S603

    final = (ExitCode.USAGE, ExitCode.MODEL, ExitCode.RIDES)
    processes = Processes(count, start, final, settings.worker.shutdown_seconds)
    _stop_on_signals(processes.stop)
    return processes.run()


def _stop_on_signals(stop: Callable[[], None]) -> None:
    told = threading.Event()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGINT and told.is_set():
            os._exit(ExitCode.INTERRUPTED)  # what is open is aborted by the next worker of this slot
        told.set()
        stop()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)


def _stop_with_parent(pipe: int, stop: Callable[[], None]) -> None:
    def wait() -> None:
        os.read(pipe, 1)
        stop()

    threading.Thread(target=wait, name="parent", daemon=True).start()
