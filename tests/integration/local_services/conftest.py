"""What these tests need of the machine, and how they look at what is left of a program."""

import gc
import os
import shutil
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import docker
import pytest
from docker import errors

from local_services.kafka_jars import jars_folder


@pytest.fixture(scope="session")
def engine() -> None:
    """Skip where no Docker engine answers; asked here without our own code, whose failure must not skip.

    In CI too: an engine is one way of three to the services, and the others are tested there.
    """
    missing = ""
    with warnings.catch_warnings():
        # docker-py leaves a socket that nobody answers to the collector, and a skip would keep it until the end.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            docker.from_env(timeout=5).close()
        except errors.DockerException as error:
            missing = str(error)
        gc.collect()
    if missing:
        pytest.skip(f"no Docker engine answers: {missing}")


@pytest.fixture(scope="session")
def java() -> None:
    """Skip where Kafka cannot be run from its jars; in CI, which installs what that needs, fail."""
    missing = ""
    if not shutil.which("java"):
        missing = "no java on PATH"
    elif not shutil.which("mvn") and not jars_folder().is_dir():
        missing = "no mvn on PATH, and Kafka's jars are not in the cache"
    if missing and os.environ.get("CI") == "true":
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)


@pytest.fixture(scope="session")
def gone() -> Callable[[int], bool]:
    """Whether a pid belongs to no running program; one that only waits to be reaped is gone."""

    def is_gone(pid: int) -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        stat = Path(f"/proc/{pid}/stat")
        return stat.is_file() and stat.read_text().rpartition(")")[2].split()[0] == "Z"

    return is_gone


@pytest.fixture(scope="session")
def wait_for() -> Callable[[Callable[[], object]], None]:
    """Wait until it is true, ten seconds at most."""

    def wait(true: Callable[[], object]) -> None:
        deadline = time.monotonic() + 10
        while not true():
            assert time.monotonic() < deadline, "did not happen in time"
            time.sleep(0.05)

    return wait
