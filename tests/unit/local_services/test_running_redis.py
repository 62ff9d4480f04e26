"""Redis of the environment: taken where it answers; its password is never said."""

from collections.abc import Callable
from pathlib import Path

import pytest

import local_services
from local_services.errors import ServiceUnavailable
from local_services.redis_probe import redis_address
from local_services.redis_server import find_redis_server


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RIDESCORE_SERVICES", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)


def test_an_address_that_does_not_answer_is_an_error_without_the_password(
    monkeypatch: pytest.MonkeyPatch, closed_port: str
) -> None:
    monkeypatch.setenv("REDIS_URL", f"redis://someone:hunter2@{closed_port}/0")
    with pytest.raises(ServiceUnavailable) as caught, local_services.redis():
        pass
    assert [way for way, _ in caught.value.tried] == ["environment"]
    assert closed_port in str(caught.value)
    assert "unset REDIS_URL" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["redis://:hunter2/x@host:1", "http://:hunter2@host", "redis://:hunter2@host:port"])
def test_a_broken_url_is_an_error_without_the_password(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("REDIS_URL", url)
    with pytest.raises(ServiceUnavailable, match="REDIS_URL is set") as caught, local_services.redis():
        pass
    assert "hunter2" not in str(caught.value)


def test_the_repr_of_a_running_redis_holds_no_url() -> None:
    assert "hunter2" not in repr(local_services.RunningRedis("redis://:hunter2@host", "environment", "Redis at host"))


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://:secret@host:6380/0", "host:6380"),
        ("rediss://host", "host"),
        ("unix://:secret@/run/redis.sock", "/run/redis.sock"),
        ("redis://host:port", "an address that cannot be read"),
    ],
)
def test_an_address_is_shown_without_secrets(url: str, address: str) -> None:
    assert redis_address(url) == address


def test_where_nothing_works_the_error_names_all_three_ways(
    monkeypatch: pytest.MonkeyPatch, command: Callable[[str, str], Path], tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine.sock")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ServiceUnavailable) as caught, local_services.redis():
        pass
    assert [way for way, _ in caught.value.tried] == ["environment", "docker", "process"]
    for part in ("REDIS_URL is not set", "no Docker engine answers", "no redis-server on PATH", "install Redis"):
        assert part in str(caught.value)


def test_a_server_that_ends_at_once_is_noticed_and_its_last_words_quoted(
    command: Callable[[str, str], Path],
) -> None:
    command("redis-server", "echo 'unknown option: this Redis is too old'; exit 3")
    with pytest.raises(ServiceUnavailable) as caught, local_services.redis(["process"]):
        pass
    assert "exit code 3" in str(caught.value)
    assert "this Redis is too old" in str(caught.value)


def test_the_server_on_path_wins_over_the_wheels(command: Callable[[str, str], Path]) -> None:
    on_path = command("redis-server", "exit 0")
    assert find_redis_server() == on_path
