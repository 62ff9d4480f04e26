"""The Docker engine, asked before anything is started: does one of this machine answer, and has it the image.

Loads the Docker libraries only when asked, and `docker` before `docker.errors`: where Prefect has left docker to be
imported when used, the other order imports its errors twice, and what is raised is not what is caught.
"""

import gc
import os
import warnings
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from local_services.errors import WayFailed
from local_services.ways import Report

if TYPE_CHECKING:
    from testcontainers.core.container import DockerContainer

__all__ = ["ENGINE_REMEDY", "check_engine", "pull_if_missing"]

ENGINE_REMEDY = "start a Docker engine that this user may use (see: docker info)"
_ENGINE_SECONDS = 5
_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


def check_engine() -> None:
    """Raises WayFailed where testcontainers is missing, or no engine of this machine answers."""
    # Ryuk is a second image to pull and a container with the engine's socket; our guardian does what it is for.
    os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
    try:
        import requests
        from docker import errors
        from testcontainers.core.docker_client import DockerClient
    except ImportError as error:
        raise WayFailed(f"{error.name} is not installed", "pip install testcontainers") from None
    failure = ""
    with warnings.catch_warnings():
        # docker-py leaves its socket to the garbage collector where nothing listens; gone before we go on.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            client = DockerClient(timeout=_ENGINE_SECONDS).client
            client.ping()
            address = client.api.base_url
            client.close()
        except (errors.DockerException, requests.RequestException) as error:
            failure = str(error)
        if failure:
            gc.collect()
            raise WayFailed(f"no Docker engine answers: {failure}", ENGINE_REMEDY)
    if address.startswith(("http:", "https:")) and urlsplit(address).hostname not in _THIS_MACHINE:
        # What it publishes to its own 127.0.0.1 is out of our reach.
        raise WayFailed(f"the Docker engine at {address} is on another machine", ENGINE_REMEDY)


def pull_if_missing(container: "DockerContainer", report: Report) -> None:
    """Raises WayFailed where the container's image is neither here nor to be had."""
    import requests
    from docker import errors

    images = container.get_docker_client().client.images
    try:
        images.get(container.image)
    except errors.ImageNotFound:
        report(f"pulling {container.image}")
        try:
            images.pull(container.image)
        except (errors.DockerException, requests.RequestException) as error:
            reason = f"{container.image} is not here and cannot be pulled: {error}"
            raise WayFailed(reason, f"docker pull {container.image}") from None
