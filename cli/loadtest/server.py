"""The server under load: one that is started for it, or one that runs already."""

import ipaddress
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from local_services.guarded import Guarded
from local_services.ports import LOCALHOST, free_port
from scoring.errors import ClientError, ModelNotFound, SettingsError
from scoring.registry.registry import Registry
from scoring.settings.settings import Settings

_START_SECONDS: Final = 60.0
_GRACE_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where the load goes.

    Attributes:
        url: of the server.
        pid: its process on this machine; None where that is not known.
    """

    url: str
    pid: int | None


def running_target(url: str, anywhere: bool) -> Target:
    """A server that runs already; only one on this machine, unless `anywhere`.

    Raises:
        SettingsError: the URL is none, or leads to another machine.
        ClientError: no ridescore server is there.
    """
    from api.client import Client

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(f"--url {url}: write it as http://HOST:PORT")
    here = is_loopback(parts.hostname)
    if not (here or anywhere):
        raise SettingsError(
            f"--url {url} is not on this machine; load on other people's servers is an attack. "
            "If it is yours, add --remote"
        )
    with Client(url, total_seconds=5) as client:
        client.health()
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return Target(url.rstrip("/"), listener_of(port) if here else None)


def is_loopback(host: str) -> bool:
    """Whether a host is surely this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def listener_of(port: int) -> int | None:
    """The process that listens on a port here; None where we may not know."""
    import psutil

    try:
        found = [
            each.pid for each in psutil.net_connections("tcp") if each.status == "LISTEN" and each.laddr.port == port
        ]
    except psutil.Error:
        return None
    pids = {pid for pid in found if pid}
    # Of a server's several processes the one that started the others.
    parents = [pid for pid in pids if psutil.Process(pid).ppid() not in pids]
    return min(parents, default=None)


@contextmanager
def started_target(settings: Settings, workers: int, say: Callable[[str], None]) -> Iterator[Target]:
    """Start `ridescore serve` on a free port of this machine, for the length of a ``with``.

    Raises:
        ModelError: the model that the settings name is damaged.
        ClientError: it did not get ready.
    """
    with tempfile.TemporaryDirectory(prefix="ridescore-loadtest-") as name:
        folder = Path(name)
        env = {**os.environ, **_model(settings, folder, say)}
        port = free_port()
        command = [sys.executable, "-m", "cli", "serve", "--host", LOCALHOST, "--port", str(port)]
        server = Guarded([*command, "--workers", str(workers)], folder / "server.log", env=env)
        try:
            url = f"http://{LOCALHOST}:{port}"
            if problem := server.wait_until(lambda: _is_ready(url), _START_SECONDS):
                raise ClientError(f"the server {problem}")
            yield Target(url, server.pid)
        finally:
            server.end(_GRACE_SECONDS)


def _is_ready(url: str) -> bool:
    import httpx

    try:
        return httpx.get(f"{url}/ready", timeout=5, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def _model(settings: Settings, folder: Path, say: Callable[[str], None]) -> dict[str, str]:
    """The settings' model, or one trained on the sample rides where there is none."""
    from scoring.model_source import load_scorer

    try:
        load_scorer(settings.model)
    except ModelNotFound as error:
        if settings.model.path:
            raise
        from training import sample_rides
        from training.train import TrainingPlan, train_version

        say(f"{error}\nso the server scores with a model trained on the sample rides")
        registry = Registry(f"{folder}/models")
        registry.activate(train_version(TrainingPlan([str(sample_rides.JANUARY)]), registry).version)
        return {"MODEL_REGISTRY": registry.location}
    return {}
