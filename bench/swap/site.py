"""The server whose versions are swapped, the Redis that tells it, and one connection to each of its processes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from bench.swap.connection import Answer, Connection, Duration, request_bytes
from bench.swap.versions import RIDES
from local_services.redis_server import RedisServer, find_redis_server

TOKEN: Final = "swap-token"  # noqa: S105  # of a server that lives as long as this run
_WAIT_SECONDS: Final = 120.0
_OURS: Final = ("API_", "MODEL_", "REDIS_", "WORKER_", "HOST", "PORT")


class Redis:
    """A Redis of this run's own, on one port for all its lives."""

    def __init__(self, folder: Path) -> None:
        self._binary, self._folder = find_redis_server(), folder
        self._server = RedisServer(self._binary, folder)
        self.url = self._server.url

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        pid = self._server.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        while self._server.pid is not None:
            time.sleep(0.01)

    def restart(self) -> None:
        """Start it again on its port."""
        self._server = RedisServer(self._binary, self._folder, urlsplit(self.url).port)

    def stop(self) -> None:
        """End it."""
        self._server.stop()


class Server:
    """`ridescore serve` as a process of its own.

    Args:
        registry: what it follows.
        log: where its log goes.
        redis_url: who tells it.
        processes: how many answer.
        poll_seconds: how often they look without being told.
    """

    def __init__(self, registry: str, log: Path, redis_url: str, processes: int, poll_seconds: float) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        settings = {
            "MODEL_REGISTRY": registry,
            "MODEL_POLL_SECONDS": str(poll_seconds),
            "REDIS_URL": redis_url,
            "API_TOKEN": TOKEN,
            "PORT": "0",
        }
        words = [sys.executable, "-m", "cli", "serve", "--workers", str(processes)]
        self.log = log
        with log.open("wb") as output:
            self._running = subprocess.Popen(words, env={**kept, **settings}, stderr=output)
        self.port = self._listening()
        self._probes = self._one_to_each(processes)

    def _listening(self) -> int:
        deadline = time.monotonic() + _WAIT_SECONDS
        while not (found := re.search(r'"API started".*?"port":(\d+)', self.log.read_text())):
            assert self._running.poll() is None, f"the server ended at once: {self.log.read_text()}"
            assert time.monotonic() < deadline, f"the server did not start: {self.log.read_text()}"
            time.sleep(0.05)
        return int(found[1])

    def _one_to_each(self, processes: int) -> dict[str, Connection]:
        """The kernel deals connections out; open them until every process has one."""
        probes: dict[str, Connection] = {}
        deadline = time.monotonic() + _WAIT_SECONDS
        while len(probes) < processes:
            connection = Connection(self.port)
            name = connection.ask(_PREDICT).process
            if name in probes:
                connection.close()
            probes.setdefault(name, connection)
            assert time.monotonic() < deadline, f"only {len(probes)} of {processes} processes answer"
        return probes

    def versions(self) -> dict[str, str]:
        """The version that each process scores with now."""
        return {name: _version(probe.ask(_PREDICT)) for name, probe in self._probes.items()}

    def wait_for(self, version: str, within_seconds: float = _WAIT_SECONDS) -> float | None:
        """Wait until every process scores with it: how long that took, or None."""
        begun = time.monotonic()
        while set(self.versions().values()) != {version}:
            if time.monotonic() - begun > within_seconds:
                return None
            time.sleep(0.02)
        return time.monotonic() - begun

    def health(self) -> list[dict[str, Any]]:
        """`/health` of each process."""
        return [json.loads(probe.ask(_HEALTH).body) for probe in self._probes.values()]

    def wait_for_redis(self, state: str) -> None:
        """Wait until every process knows how Redis is."""
        deadline = time.monotonic() + _WAIT_SECONDS
        while {each["dependencies"]["redis"]["status"] for each in self.health()} != {state}:
            assert time.monotonic() < deadline, f"{self.health()}; {self.events()}"
            time.sleep(0.05)

    def change(self, path: str) -> Answer:
        """POST to a route of the registry, to any one process."""
        connection = Connection(self.port)
        try:
            return connection.ask(request_bytes(path, {}, token=TOKEN))
        finally:
            connection.close()

    def events(self) -> list[str]:
        """Its log, but for the requests."""
        return [line for line in self.log.read_text().splitlines() if '"event":"request"' not in line]

    def stop(self) -> int:
        """SIGTERM and wait; the exit code."""
        for probe in self._probes.values():
            probe.close()
        self._running.send_signal(signal.SIGTERM)
        return self._running.wait(_WAIT_SECONDS)


_PREDICT: Final = request_bytes("/predict", RIDES[0], token=TOKEN)
_HEALTH: Final = request_bytes("/health", method="GET")


def _version(answer: Answer) -> str:
    import msgspec

    assert answer.status == 200, answer
    return msgspec.json.decode(answer.body, type=Duration).model_version
