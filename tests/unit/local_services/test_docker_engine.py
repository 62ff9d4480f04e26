"""An engine that is missing, remote or without the image fails the Docker way, and says what to do."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from docker import errors

from local_services.docker_engine import check_engine, pull_if_missing
from local_services.errors import WayFailed


def test_without_the_library_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "testcontainers.core.docker_client", None)
    with pytest.raises(WayFailed, match=r"is not installed; pip install testcontainers"):
        check_engine()


def test_an_engine_that_refuses_is_no_engine(monkeypatch: pytest.MonkeyPatch, closed_port: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"tcp://{closed_port}")
    with pytest.raises(WayFailed, match=r"no Docker engine answers.*docker info"):
        check_engine()


def test_it_is_told_beside_prefect_too_which_imports_docker_only_when_used(closed_port: str) -> None:
    """Its docker.errors would else be another than that of docker itself, and catch nothing."""
    code = """
import prefect.utilities.dockerutils
from local_services.docker_engine import check_engine
from local_services.errors import WayFailed
try:
    check_engine()
except WayFailed as error:
    print(error)
"""
    environment = os.environ | {"DOCKER_HOST": f"tcp://{closed_port}", "DO_NOT_TRACK": "1"}
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert "no Docker engine answers" in ended.stdout, ended.stderr[-2_000:]


@pytest.mark.parametrize(
    ("address", "usable"),
    [("http+docker://localhost", True), ("http://127.0.0.1:2375", True), ("https://builder:2376", False)],
)
def test_an_engine_on_another_machine_is_of_no_use(monkeypatch: pytest.MonkeyPatch, address: str, usable: bool) -> None:
    engine = SimpleNamespace(ping=lambda: True, close=lambda: None, api=SimpleNamespace(base_url=address))
    monkeypatch.setattr(
        "testcontainers.core.docker_client.DockerClient", lambda timeout: SimpleNamespace(client=engine)
    )
    if usable:
        check_engine()
    else:
        with pytest.raises(WayFailed, match="on another machine"):
            check_engine()


@pytest.mark.parametrize(("set_by_user", "then"), [(None, "true"), ("false", "false")])
def test_ryuk_is_off_unless_the_user_wants_it(
    monkeypatch: pytest.MonkeyPatch, closed_port: str, set_by_user: str | None, then: str
) -> None:
    monkeypatch.setenv("TESTCONTAINERS_RYUK_DISABLED", set_by_user or "")
    if set_by_user is None:
        monkeypatch.delenv("TESTCONTAINERS_RYUK_DISABLED")
    monkeypatch.setenv("DOCKER_HOST", f"tcp://{closed_port}")
    with pytest.raises(WayFailed):
        check_engine()
    assert os.environ["TESTCONTAINERS_RYUK_DISABLED"] == then


class Images:
    """An engine's images, with one that can be pulled."""

    def __init__(self) -> None:
        self.here = {"here:1"}

    def get(self, image: str) -> None:
        if image not in self.here:
            raise errors.ImageNotFound(image)

    def pull(self, image: str) -> None:
        if image != "pullable:1":
            raise errors.APIError("no route to the registry")
        self.here.add(image)


def container(image: str) -> SimpleNamespace:
    client = SimpleNamespace(client=SimpleNamespace(images=Images()))
    return SimpleNamespace(image=image, get_docker_client=lambda: client)


@pytest.mark.parametrize(("image", "said"), [("here:1", []), ("pullable:1", ["pulling pullable:1"])])
def test_an_image_is_pulled_only_where_it_is_missing(image: str, said: list[str]) -> None:
    lines: list[str] = []
    pull_if_missing(container(image), lines.append)  # type: ignore[arg-type]
    assert lines == said


def test_an_image_that_cannot_be_pulled_fails_the_way() -> None:
    with pytest.raises(WayFailed, match=r"absent:1 is not here and cannot be pulled: no route.*docker pull absent:1"):
        pull_if_missing(container("absent:1"), lambda line: None)  # type: ignore[arg-type]
