"""A Redis for a demo or the tests: of the environment, of Docker, or a server of this machine.

Asks in that order and stops at the end what it started, never what it found.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from local_services.container import running_container
from local_services.errors import AddressUnanswered, WayFailed
from local_services.ports import LOCALHOST, free_port
from local_services.redis_probe import redis_address, redis_problem
from local_services.redis_server import RedisServer
from local_services.ways import Report, chosen_ways, first_working, say_nothing

__all__ = ["REDIS_WAYS", "RunningRedis", "redis"]

REDIS_WAYS = ("environment", "docker", "process")
_ADDRESS = "REDIS_URL"
_IMAGE = "redis:8"
_PORT = 6379
_ENVIRONMENT_SECONDS = 5.0
_PROBE_SECONDS = 1.0


@dataclass(frozen=True)
class RunningRedis:
    """A Redis that answers.

    Attributes:
        url: for a client; not in the repr, since the environment's may hold a password.
        origin: ``environment``, ``docker`` or ``process``.
        description: the same for a person, with the address and no password.
    """

    url: str = field(repr=False)
    origin: str
    description: str


def redis(ways: Sequence[str] | None = None, report: Report | None = None) -> AbstractContextManager[RunningRedis]:
    """A Redis for the length of a ``with``; `report` takes one line for each step.

    `ways` limits or reorders the search (``environment``, ``docker``, ``process``); without it RIDESCORE_SERVICES may
    name one. Raises ServiceUnavailable where no way works, and where REDIS_URL is set but does not answer.
    """
    openers = {"environment": _from_environment, "docker": _from_docker, "process": _from_process}
    return first_working("Redis", openers, chosen_ways(REDIS_WAYS, ways), report or say_nothing)


@contextmanager
def _from_environment(report: Report) -> Iterator[RunningRedis]:
    url = os.environ.get(_ADDRESS, "").strip()
    if not url:
        raise WayFailed(f"{_ADDRESS} is not set", f"set {_ADDRESS} to a Redis, such as redis://host:6379/0")
    problem = redis_problem(url, _ENVIRONMENT_SECONDS)
    if problem is not None:
        raise AddressUnanswered(
            f"{_ADDRESS} is set but Redis does not answer at {redis_address(url)} ({problem})",
            f"start that Redis, mend the address, or unset {_ADDRESS} to have one started here",
        )
    report(f"using the Redis at {redis_address(url)}, from {_ADDRESS}")
    yield RunningRedis(url, "environment", f"Redis at {redis_address(url)}, from {_ADDRESS}")


@contextmanager
def _from_docker(report: Report) -> Iterator[RunningRedis]:
    port = free_port()
    url = f"redis://{LOCALHOST}:{port}/0"
    # Protected mode would refuse us, who come from outside the container; the port is published to 127.0.0.1 only.
    command = ["redis-server", "--save", "", "--appendonly", "no", "--protected-mode", "no"]
    with running_container(
        _IMAGE, {_PORT: port}, {}, lambda: redis_problem(url, _PROBE_SECONDS) is None, report, command
    ):
        yield RunningRedis(url, "docker", f"{_IMAGE} in Docker at {LOCALHOST}:{port}")


@contextmanager
def _from_process(report: Report) -> Iterator[RunningRedis]:
    with RedisServer.temporary(report) as server:
        yield RunningRedis(server.url, "process", f"Redis of this machine at {redis_address(server.url)}")
