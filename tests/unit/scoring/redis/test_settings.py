"""REDIS_URL: checked when it is read, and never shown."""

import pytest
from pydantic import SecretStr

from scoring.errors import SettingsError
from scoring.settings.redis_settings import redis_address
from scoring.settings.settings import read_settings, settings_in_force


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://cache", "cache:6379"),
        ("redis://:secret@cache:7000/3", "cache:7000"),
        ("rediss://user:secret@[::1]:7000/0?password=secret", "::1:7000"),
        ("unix:///run/redis.sock?password=secret", "/run/redis.sock"),
    ],
)
def test_an_address_holds_no_secret(url: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", url)
    settings = read_settings()
    assert settings.redis.url is not None
    assert redis_address(settings.redis.url) == address
    assert "secret" not in repr(settings)
    assert [row.value for row in settings_in_force(settings) if row.name == "REDIS_URL"] == ["********"]


@pytest.mark.parametrize(
    "url", ["cache:6379", "http://cache", "redis://", "redis://cache:secret", "unix://", "redis:///0"]
)
def test_what_is_no_redis_url_is_refused_without_being_repeated(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", url)
    with pytest.raises(SettingsError, match="REDIS_URL: it is no Redis URL; write redis://host") as caught:
        read_settings()
    assert "secret" not in str(caught.value)


def test_an_empty_url_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "")
    assert read_settings().redis.url is None
    assert redis_address(SecretStr("redis://a")) == "a:6379"
