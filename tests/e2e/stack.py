"""One compose project: brought up, asked, broken and taken down by the commands that a user has."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from local_services.ports import free_port
from tests.e2e.engine import ROOT, clean_environment, run

WAIT_SECONDS = 180.0
_UP_SECONDS = 400  # longer than any start period, so that the engine says which service was unhealthy
_PORTS = ("API_PORT", "KAFKA_PORT", "KAFKA_2_PORT", "KAFKA_3_PORT", "PREFECT_PORT", "PROMETHEUS_PORT", "GRAFANA_PORT")


@dataclass
class Stack:
    """A project of a name of its own, on free ports, with volumes of its own.

    Attributes:
        project: its name.
        files: compose files beside docker-compose.yml.
        settings: what a user would write into .env.
    """

    project: str
    files: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._ports = {name: str(free_port()) for name in _PORTS}
        self.environment = clean_environment(COMPOSE_PROJECT_NAME=self.project, **self._ports, **self.settings)

    def compose(self, *words: str, seconds: float = 600) -> str:
        """`docker compose WORDS`; its output."""
        files = [word for file in ("docker-compose.yml", *self.files) for word in ("-f", str(ROOT / file))]
        # The project's own .env, if there is one, is somebody's: a test reads none.
        return run(
            "docker",
            "compose",
            "--env-file",
            "/dev/null",
            *files,
            *words,
            environment=self.environment,
            seconds=seconds,
        )

    def up(self, *words: str) -> float:
        """Start, wait until all are healthy; how many seconds that took."""
        began = time.monotonic()
        self.compose("up", "--detach", "--wait", "--wait-timeout", str(_UP_SECONDS), *words)
        return time.monotonic() - began

    def down(self, *words: str) -> None:
        self.compose("--profile", "*", "down", "--timeout", "40", *words)

    def states(self) -> dict[str, tuple[str, str, int]]:
        """Of every container, stopped ones too: state, health, exit code."""
        lines = self.compose("--profile", "*", "ps", "--all", "--format", "json").splitlines()
        found = [json.loads(line) for line in lines]
        return {each["Name"]: (each["State"], each["Health"], each["ExitCode"]) for each in found}

    def containers(self, service: str) -> list[str]:
        """The ids of a service's running containers."""
        return self.compose("ps", "--quiet", service).split()

    def inspect(self, container: str) -> Any:
        """What the engine knows of a container."""
        (found,) = json.loads(run("docker", "inspect", container))
        return found

    def crash(self, service: str) -> None:
        """SIGKILL a container's first process from outside, as a machine short of memory does: `docker kill` would also
        tell the engine not to start it again."""
        (container, *_others) = self.containers(service)
        pid = self.inspect(container)["State"]["Pid"]
        image = self.inspect(self.containers("api")[0])["Image"]
        words = ["run", "--rm", "--pid", "host", "--user", "0", "--network", "none", "--entrypoint", "sh"]
        run("docker", *words, image, "-c", f"kill -9 {pid}")

    def restarts(self, service: str) -> int:
        """How often the engine started a service's containers again."""
        return sum(self.inspect(container)["RestartCount"] for container in self.containers(service))

    def healthy(self, service: str) -> bool:
        """Whether every container of a service is."""
        found = [self.inspect(container)["State"] for container in self.containers(service)]
        return bool(found) and all(
            each["Status"] == "running" and each["Health"]["Status"] == "healthy" for each in found
        )

    def port(self, name: str) -> int:
        """A published port, by its variable."""
        return int(self._ports[name])

    def url(self, name: str, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port(name)}{path}"

    def logs(self, service: str) -> list[dict[str, Any]]:
        """A service's log events."""
        lines = self.compose("logs", "--no-log-prefix", "--no-color", service).splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


def ask(url: str, body: object = None) -> tuple[int, Any]:
    """GET, or POST where there is a body; the status and the JSON of the answer, 0 and the reason where none came."""
    try:
        answer = httpx.get(url, timeout=10) if body is None else httpx.post(url, json=body, timeout=10)
        return answer.status_code, answer.json()
    except (httpx.TransportError, ValueError) as error:
        return 0, repr(error)


def wait_until(what: str, holds: Callable[[], object], seconds: float = WAIT_SECONDS) -> float:
    """Wait; how many seconds it took. AssertionError with the last answer where it never holds."""
    began = time.monotonic()
    while not (last := holds()):
        assert time.monotonic() - began < seconds, f"{what}: not within {seconds:.0f} s; last seen: {last!r}"
        time.sleep(0.5)
    return time.monotonic() - began
