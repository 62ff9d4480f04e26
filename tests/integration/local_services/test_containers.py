"""The Docker way: what cannot be had fails it, and no container stays, whatever happens to us."""

import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from docker import DockerClient, from_env

import local_services
from local_services.container import running_container
from local_services.errors import WayFailed

pytestmark = pytest.mark.redis


@pytest.fixture
def client(engine: None) -> Iterator[DockerClient]:
    client = from_env()
    yield client
    client.close()


@pytest.fixture
def name(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name that the next container gets, so that another run's beside us is not taken for it."""
    token = secrets.token_hex(6)
    monkeypatch.setattr("secrets.token_hex", lambda size: token)
    return f"ridescore-{token}"


def exists(client: DockerClient, name: str) -> bool:
    return bool(client.containers.list(all=True, filters={"name": name}))


def test_an_image_that_cannot_be_had_fails_this_way_only(engine: None) -> None:
    said: list[str] = []
    with (
        pytest.raises(WayFailed, match=r"cannot be pulled(.|\n)*docker pull"),
        running_container("ridescore.invalid/no-such-image:1", {}, {}, lambda: True, said.append),
    ):
        pass
    assert said == ["pulling ridescore.invalid/no-such-image:1"]


def test_a_container_that_ends_is_noticed_quoted_and_removed(client: DockerClient, name: str) -> None:
    seen: list[bool] = []

    def answers() -> bool:
        seen.append(exists(client, name))
        return False

    with (
        pytest.raises(WayFailed, match=r"ended(.|\n)*no-such-word"),
        running_container("redis:8", {}, {}, answers, lambda line: None, ["redis-server", "--no-such-word", "1"]),
    ):
        pass
    assert seen[0]
    assert not exists(client, name)


def test_ports_are_published_to_this_machine_only(client: DockerClient, name: str) -> None:
    with local_services.redis(["docker"]) as running:
        published = client.containers.get(name).ports["6379/tcp"]
        assert {where["HostIp"] for where in published} == {"127.0.0.1"}
        assert {where["HostPort"] for where in published} == {str(urlsplit(running.url).port)}
    assert not exists(client, name)


def test_a_parent_killed_outright_takes_its_container_with_it(
    client: DockerClient, wait_for: Callable[[Callable[[], object]], None]
) -> None:
    name = f"ridescore-{secrets.token_hex(6)}"
    script = f"""
import secrets, time
import local_services
secrets.token_hex = lambda size: {name.removeprefix("ridescore-")!r}
with local_services.redis(["docker"]):
    print("up", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"up\n"
        assert exists(client, name)
        parent.kill()
    wait_for(lambda: not exists(client, name))
