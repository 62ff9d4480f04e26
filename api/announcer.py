"""Telling the other processes that the active version has changed, and whether Redis can; never waited for long."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from scoring.errors import RedisUnavailable
from scoring.redis.link import RedisLink
from scoring.redis.look_now import announce
from scoring.redis.outage import RedisState
from scoring.registry.active import Active

_ANNOUNCE_SECONDS: Final = 1.0  # in a thread of Flask's; no ride waits for it


@dataclass(frozen=True)
class Announcer:
    """What this process knows of the others.

    Attributes:
        poll_seconds: after which they see a change by themselves.
        link: to Redis; None where none is configured.
        redis_state: whether this process can itself be told.
        look_now: has this process look at once.
    """

    poll_seconds: float = 0.0
    link: RedisLink | None = None
    redis_state: Callable[[], RedisState] = lambda: "not configured"
    look_now: Callable[[], None] = lambda: None

    def announce(self, active: Active) -> str:
        """Tell all; the reason where others could not be told, else empty. Never raises."""
        self.look_now()
        if self.link is None:
            return f"no REDIS_URL is set: other processes see it within {self.poll_seconds:g} s"
        try:
            announce(self.link, active, _ANNOUNCE_SECONDS)
        except RedisUnavailable as error:
            return f"{error}; other processes see it within {self.poll_seconds:g} s"
        return ""
