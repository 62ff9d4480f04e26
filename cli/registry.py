"""The registry that a command works on, and telling others of a change in it; shared by train, evaluate and models."""

from typing import Final

import click

from scoring.errors import RedisUnavailable
from scoring.registry.active import Active
from scoring.registry.registry import Registry
from scoring.settings.settings import read_settings

_ANNOUNCE_SECONDS: Final = 5.0  # importing the client included


def registry_option(command: click.decorators.FC) -> click.decorators.FC:
    """``--registry``, by default what MODEL_REGISTRY says."""
    return click.option(
        "--registry",
        "location",
        metavar="DIR",
        help="Directory or fsspec URL of the registry.  [default: MODEL_REGISTRY, else models]",
    )(command)


def open_registry(location: str | None) -> Registry:
    """The registry that was named, or the settings' one."""
    return Registry(location or read_settings().model.registry)


def announce_active(active: Active) -> None:
    """Tell every process that follows, over Redis where there is one; that it cannot be told is a warning, no error."""
    settings = read_settings()
    if settings.redis.url is None:
        return
    from scoring.redis.look_now import announce_once

    try:
        announce_once(settings.redis.url, active, _ANNOUNCE_SECONDS)
    except RedisUnavailable as error:
        seconds = f"{settings.model.poll_seconds:g}"
        click.echo(f"warning: {error}; processes that follow see it within MODEL_POLL_SECONDS={seconds}", err=True)
