"""Where the Redis is that carries "look now" and other news; none is needed."""

from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr
from pydantic_settings import SettingsConfigDict

from scoring.settings.group import SettingsGroup

_SCHEMES: Final = ("redis", "rediss", "unix")


def _redis_url(given: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(given.get_secret_value())
        whole = bool(parts.path if parts.scheme == "unix" else parts.hostname) and (parts.port or 0) >= 0
    except ValueError:  # a port that is no number
        whole = False
    if not whole or parts.scheme not in _SCHEMES:
        raise ValueError("it is no Redis URL; write redis://host:6379/0, rediss:// for TLS, or unix:///path")
    return given


class RedisSettings(SettingsGroup):
    """Settings `REDIS_*`."""

    model_config = SettingsConfigDict(env_prefix="REDIS_")

    url: Annotated[SecretStr, AfterValidator(_redis_url)] | None = None
    """A Redis that tells every process at once of a new active version, such as `redis://host:6379/0`. Default: none;
    changes are then seen a poll later."""


def redis_address(url: SecretStr) -> str:
    """The host and port, or the socket's path, of a URL: no user, password or option of it."""
    parts = urlsplit(url.get_secret_value())
    if parts.scheme == "unix":
        return parts.path
    return f"{parts.hostname}:{parts.port or 6379}"
