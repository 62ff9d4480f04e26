"""`serve`: a socket, processes that share it, their metrics, and one log line when all of them listen.

Imports neither Flask nor a loop: only the processes that answer need them.
"""

import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from api.serving.listener import listen
from api.serving.processes import Processes
from scoring.settings.settings import Settings

log = logging.getLogger(__name__)


def serve(settings: Settings, workers: int = 1) -> int:
    """Answer requests until SIGTERM or Ctrl-C; the exit code, 0 but after a second Ctrl-C or a process that cannot run.

    Args:
        settings: what to serve, and where.
        workers: how many processes.

    Raises:
        SettingsError: the port is taken, or the host is no address of this machine.
    """
    listener = listen(settings.api.host, settings.api.port)
    port = listener.getsockname()[1]

    def run(on_listening: Callable[[], None]) -> None:
        from api.build import build_flask
        from api.serving.worker_process import run_worker_process

        run_worker_process(build_flask(settings), listener, on_listening)

    context = {"host": settings.api.host, "port": port, "processes": workers}
    with _shared_metrics(workers) as forget:
        stop_seconds = settings.api.drain_seconds + settings.api.shutdown_seconds
        processes = Processes(workers, run, lambda: log.info("API started", extra=context), forget, stop_seconds)
        code = processes.supervise()
    log.info("API stopped")
    return code


@contextmanager
def _shared_metrics(workers: int) -> Iterator[Callable[[int], None]]:
    """A directory in which several processes share their counts; yields what forgets a dead one."""
    if workers == 1 or "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        yield lambda _pid: None
        return
    folder = tempfile.mkdtemp(prefix="ridescore-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder

    def forget(pid: int) -> None:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(pid)  # type: ignore[no-untyped-call]

    try:
        yield forget
    finally:
        del os.environ["PROMETHEUS_MULTIPROC_DIR"]
        shutil.rmtree(folder, ignore_errors=True)
