"""The API as platforms run it: HAProxy in front of two groups, locked-down processes; each says what it needs."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from signal import SIGTERM

import pytest

from scoring.registry.registry import Registry
from tests.do_without import do_without
from tests.integration.api.conftest import (
    JSON,
    RIDE,
    WAIT_SECONDS,
    Server,
    Taught,
    is_ready,
    start_server,
    taught,
    wait_until,
)
from training.imported import import_pickle

ROOT = Path(__file__).parents[3]
BLUE_GREEN = ROOT / "deploy" / "blue-green"

__all__ = ["taught"]  # a fixture, found here by name


def free_port() -> int:
    """A port that was free a moment ago, for programs that cannot choose one themselves."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture(scope="session")
def locked_down() -> tuple[str, ...]:
    """The words before a registry, an empty folder and a command, that run it as a container platform does."""
    script = ("sh", str(Path(__file__).with_name("locked_down.sh")))
    space = ("unshare", "--mount") if os.geteuid() == 0 else ("unshare", "--user", "--map-root-user", "--mount")
    try:
        subprocess.run([*space, "unshare", "--user", "true"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        do_without(f"needs the right to make namespaces (util-linux' unshare): {error}")
    return (*space, *script)


@dataclass
class Clients:
    """Threads that ask for one ride after the other, each on a connection that it keeps."""

    port: int
    failures: list[str] = field(default_factory=list)
    answers: list[tuple[float, str]] = field(default_factory=list)  # when it was asked, which version answered
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self, count: int) -> "Clients":
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(WAIT_SECONDS)

    def wait_for_answers_of(self, version: str, count: int = 50) -> None:
        begun = time.monotonic()
        wait_until(lambda: self.failures or self.count(version, begun) >= count, f"{count} answers of {version}")

    def count(self, version: str, since: float) -> int:
        return sum(name == version and asked >= since for asked, name in list(self.answers))

    def _ask(self) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=WAIT_SECONDS)
        while not self._stop.is_set():
            asked = time.monotonic()
            try:
                connection.request("POST", "/predict", json.dumps(RIDE), JSON)
                response = connection.getresponse()
                body = response.read()
            except (OSError, HTTPException) as error:
                self.failures.append(repr(error))
                connection.close()
                continue
            if response.status == 200:
                self.answers.append((asked, json.loads(body)["model_version"]))
            else:
                self.failures.append(f"{response.status}: {body!r}")
        connection.close()


@dataclass
class Site:
    """Two groups of the API, each of one instance, and the proxy in front of them."""

    folder: Path
    registries: dict[str, Path]
    ports: dict[str, int]
    groups: dict[str, Server] = field(default_factory=dict)
    proxy: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {
            "LISTEN": f"127.0.0.1:{self.ports['rides']}",
            "PREVIEW": f"127.0.0.1:{self.ports['preview']}",
            "ADMIN_SOCKET": str(self.folder / "admin.sock"),
            "ACTIVE_MAP": str(self.folder / "active.map"),
            "BLUE": f"127.0.0.1:{self.ports['blue']}",
            "GREEN": f"127.0.0.1:{self.ports['green']}",
        }

    def start_group(self, name: str, registry: Path | None = None, **settings: str) -> Server:
        log = self.folder / f"{name}-{len(list(self.folder.glob(f'{name}-*.log')))}.log"
        where = registry or self.registries[name]
        self.groups[name] = start_server(log, where, "--port", str(self.ports[name]), **settings)
        return self.groups[name]

    def start_proxy(self) -> None:
        haproxy = shutil.which("haproxy") or "/usr/sbin/haproxy"  # Debian keeps it from the PATH of users
        with (self.folder / "proxy.log").open("ab") as log:
            self.proxy = subprocess.Popen(
                [haproxy, "-db", "-f", str(BLUE_GREEN / "haproxy.cfg")],
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
            )
        wait_until(lambda: self.switch("status").returncode == 0, "the proxy answers")

    def stop_proxy(self) -> None:
        assert self.proxy is not None
        self.proxy.send_signal(SIGTERM)
        self.proxy.wait(WAIT_SECONDS)

    def switch(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if name != "API_TOKEN"}
        return subprocess.run(
            [sys.executable, str(BLUE_GREEN / "switch.py"), *words],
            env={**clean, **self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=2 * WAIT_SECONDS,
            check=False,
        )

    def behind(self, port: str) -> Server:
        """What answers at a port of the proxy, to be asked as any server."""
        assert self.proxy is not None
        return Server(self.proxy, self.ports[port], self.folder / "proxy.log")

    def version(self, name: str) -> str:
        chosen = Registry(str(self.registries[name])).active()
        assert chosen is not None
        return chosen.version

    def end(self) -> None:
        if self.proxy is not None:
            self.stop_proxy()
        for server in self.groups.values():
            server.stop()


@pytest.fixture(scope="session")
def registries(taught: Taught, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A registry a group; their versions differ, so that an answer tells who gave it."""
    second = tmp_path_factory.mktemp("second") / "models"
    registry = Registry(str(second))
    registry.activate(import_pickle(taught.pickle, registry).version)
    return {"blue": taught.registry, "green": second}


@pytest.fixture
def site(registries: dict[str, Path], tmp_path: Path) -> Iterator[Site]:
    """Both groups ready behind the proxy; blue is active."""
    if not (shutil.which("haproxy") or Path("/usr/sbin/haproxy").exists()):
        do_without("needs haproxy; on Debian and Ubuntu: apt-get install haproxy")
    (tmp_path / "active.map").write_text("active blue\n")
    site = Site(tmp_path, registries, {name: free_port() for name in ("rides", "preview", "blue", "green")})
    try:
        with ThreadPoolExecutor(2) as pool:
            for server in pool.map(site.start_group, ("blue", "green")):
                wait_until(partial(is_ready, server), "it is ready")
        site.start_proxy()
        wait_until(lambda: "blue: active, 4 ready" in site.switch("status").stdout, "the proxy has found both")
        yield site
    finally:
        site.end()


@pytest.fixture
def clients() -> Iterator[Callable[[int, int], Clients]]:
    """Start clients that go on until the test ends: ``clients(port, 4)``."""
    started: list[Clients] = []

    def start(port: int, count: int) -> Clients:
        started.append(Clients(port).start(count))
        return started[-1]

    yield start
    for each in started:
        each.stop()
