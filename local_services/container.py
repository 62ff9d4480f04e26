"""One container of a Docker engine, through testcontainers, for as long as it is wanted.

Its ports are published on 127.0.0.1 only. Every failure of the engine is a WayFailed, so that the search goes on.
"""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local_services.docker_engine import ENGINE_REMEDY, check_engine, pull_if_missing
from local_services.errors import WayFailed
from local_services.ports import LOCALHOST
from local_services.ways import Report

if TYPE_CHECKING:
    from testcontainers.core.container import DockerContainer

__all__ = ["running_container"]

_GUARDIAN = Path(__file__).with_name("container_guardian.py")
_START_SECONDS = 60.0
_POLL_SECONDS = 0.1
_TAIL_LINES = 15


@contextmanager
def running_container(
    image: str,
    ports: Mapping[int, int],
    environment: Mapping[str, str],
    answers: Callable[[], bool],
    report: Report,
    command: list[str] | None = None,
) -> Iterator[None]:
    """Start a container, wait until it answers, and remove it with its volumes at the end.

    `ports` maps the container's to those of 127.0.0.1. Raises WayFailed where there is no engine or image, and where
    the container ends or does not answer in time, with the end of its log.
    """
    check_engine()
    import requests
    from docker import errors
    from testcontainers.core.container import DockerContainer

    name = f"ridescore-{secrets.token_hex(6)}"
    try:
        container = DockerContainer(image, name=name, env=dict(environment))
    except errors.DockerException as error:
        raise WayFailed(f"the Docker engine stopped answering: {error}", ENGINE_REMEDY) from None
    container.ports.update(_published(ports))
    if command:
        container.with_command(command)
    guardian = subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-I", str(_GUARDIAN), str(os.getpid()), name],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        try:
            pull_if_missing(container, report)
            report(f"starting {container.image} in Docker")
            container.start()
            _wait(container, answers)
        except (errors.DockerException, requests.RequestException) as error:
            raise WayFailed(f"the Docker engine could not run {image}: {error}", ENGINE_REMEDY) from None
        yield
    finally:
        # Where removing fails or is interrupted the guardian stays, and does it when we end.
        _remove(container, name)
        guardian.kill()
        guardian.wait()


def _published(ports: Mapping[int, int]) -> dict[str, Any]:
    # testcontainers' own calls take a bare port, which Docker publishes to the whole network.
    return {f"{inside}/tcp": (LOCALHOST, outside) for inside, outside in ports.items()}


def _wait(container: "DockerContainer", answers: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not answers():
        container.reload()
        ended = container.status in {"exited", "dead", "removing"}
        if ended or time.monotonic() > deadline:
            found = "ended" if ended else f"did not answer within {_START_SECONDS:.0f} s"
            log = container.get_wrapped_container().logs(tail=_TAIL_LINES).decode(errors="replace")
            quoted = "\n".join(f"    | {line}" for line in log.splitlines())
            raise WayFailed(f"{container.image} in Docker {found}; the end of its log:\n{quoted}", ENGINE_REMEDY)
        time.sleep(_POLL_SECONDS)


def _remove(container: "DockerContainer", name: str) -> None:
    """By name: an interrupt may have come after the engine made it and before we were told."""
    import requests
    from docker import errors

    client = container.get_docker_client().client
    try:
        client.containers.get(name).remove(force=True, v=True)
    except errors.NotFound:
        pass
    except (errors.DockerException, requests.RequestException) as error:
        raise WayFailed(f"the container {name} could not be removed: {error}", f"docker rm -fv {name}") from None
    finally:
        client.close()
