"""Each way gives a Redis that keeps a value, and leaves nothing running."""

from collections.abc import Callable

import pytest
from redis import Redis

import local_services
from local_services import RedisServer
from local_services.redis_probe import redis_problem

pytestmark = pytest.mark.redis


@pytest.mark.parametrize("way", ["docker", "process"])
def test_redis_answers_and_nothing_stays(way: str, request: pytest.FixtureRequest) -> None:
    if way == "docker":
        request.getfixturevalue("engine")
    with local_services.redis([way]) as running:
        assert running.origin == way
        with Redis.from_url(running.url) as client:
            assert client.ping()
            client.set("ride", "1")
            assert client.get("ride") == b"1"
    assert redis_problem(running.url, 1) is not None


def test_the_server_and_its_folder_go_when_the_body_fails(gone: Callable[[int], bool]) -> None:
    seen: list[RedisServer] = []
    pids: list[int] = []

    def interrupted() -> None:
        with RedisServer.temporary() as server:
            seen.append(server)
            assert server.pid is not None
            assert not gone(server.pid)
            pids.append(server.pid)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert gone(pids[0])
    assert not seen[0].folder.exists()


def test_a_redis_of_the_environment_is_used_and_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RIDESCORE_SERVICES", raising=False)
    with RedisServer.temporary() as server:
        monkeypatch.setenv("REDIS_URL", server.url)
        with local_services.redis() as running:
            assert running.origin == "environment"
            assert running.url == server.url
        assert redis_problem(server.url, 1) is None
