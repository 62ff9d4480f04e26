"""Whether a Redis answers: one warning for each outage, however many calls fail in it, and a count of them all."""

import logging
import re
import threading
import time
from collections.abc import Callable
from typing import Final, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from prometheus_client import Counter
from pydantic import SecretStr

from scoring.settings.redis_settings import redis_address

log = logging.getLogger(__name__)

RedisState = Literal["not configured", "connecting", "up", "down"]
_SECRET_OPTIONS: Final = ("password", "username")


class Outage:
    """The state of one use of one Redis; safe to tell from any thread.

    Args:
        url: of the Redis; only its host and port are ever logged.
        errors: counts failed calls.
        clock: seconds that never go back.
    """

    def __init__(
        self, url: SecretStr, errors: Counter | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.address = redis_address(url)
        self._secrets = _secrets(url)
        self._errors = errors
        self._clock = clock
        self._lock = threading.Lock()
        self._since: float | None = None
        self.state: RedisState = "connecting"

    def failed(self, error: BaseException | str) -> str:
        """A call failed; the reason as it may be shown."""
        reason = self._shown(error)
        if self._errors is not None:
            self._errors.inc()
        with self._lock:
            is_first = self.state != "down"
            self.state = "down"
            if is_first:
                self._since = self._clock()
        if is_first:
            log.warning("Redis does not answer; going on without it", extra={"address": self.address, "error": reason})
        return reason

    def answered(self) -> None:
        """A call succeeded."""
        with self._lock:
            since, self._since = self._since, None
            self.state = "up"
        if since is not None:
            log.info("Redis answers again", extra={"address": self.address, "seconds": round(self._clock() - since, 3)})

    def _shown(self, error: BaseException | str) -> str:
        """Some servers repeat what they were sent, the password included."""
        text = str(error) or type(error).__name__
        for secret in self._secrets:
            text = re.sub(re.escape(secret), "***", text)
        return text


def _secrets(url: SecretStr) -> list[str]:
    parts = urlsplit(url.get_secret_value())
    given = [parts.password or "", *(value for name, value in parse_qsl(parts.query) if name in _SECRET_OPTIONS)]
    return sorted({form for each in given if each for form in (each, unquote(each))}, key=len, reverse=True)
