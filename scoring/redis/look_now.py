""" "Look now": a word on Redis that the registry has changed. What has changed is read from the registry alone.

A message that is lost costs nothing but the time until the next poll; one that is false costs one look.
"""

import logging
import random
import threading
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Final

from prometheus_client import Counter
from pydantic import SecretStr

from scoring.redis.link import RedisLink, open_redis
from scoring.redis.outage import Outage
from scoring.registry.active import Active, encode_active

if TYPE_CHECKING:
    from redis import Redis

log = logging.getLogger(__name__)

CHANNEL: Final = "ridescore.look-now"
_SLICE_SECONDS: Final = 0.25
_ANSWER_SECONDS: Final = 1.0
_HEALTH_CHECK_SECONDS: Final = 2
_UNANSWERED: Final = 4  # one health check a slice goes out while none is answered: a second of silence
_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 5.0


def announce(link: RedisLink, active: Active, seconds: float) -> None:
    """Tell every process that follows to look at its registry now.

    Raises:
        RedisUnavailable: it could not be said; they look by themselves a poll later.
    """
    link.call(lambda redis: redis.publish(CHANNEL, encode_active(active)), seconds, insist=True)


def announce_once(url: SecretStr, active: Active, seconds: float) -> None:
    """The same over a link of its own, for a process that has none.

    Raises:
        RedisUnavailable: it could not be said; they look by themselves a poll later.
    """
    link = RedisLink(url, read_seconds=1.0)
    try:
        announce(link, active, seconds)
    finally:
        link.close()


class LookNowListener:
    """Hears "look now" on a thread of its own, and connects again after an outage.

    Args:
        url: of the Redis.
        look_now: called on that thread for each message, and after each connecting: some may have been missed.
        errors: counts failures.
    """

    def __init__(self, url: SecretStr, look_now: Callable[[], None], errors: Counter | None = None) -> None:
        self._url = url
        self._look_now = look_now
        self._errors = errors
        self.outage = Outage(url, errors)
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to listen; again in a process that was forked from the one that did."""
        self.outage = Outage(self._url, self._errors)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(self._closed,), name="look-now", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening; a thread that hangs in a name server is left to the end of the process."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(_ANSWER_SECONDS + _SLICE_SECONDS)
            self._thread = None

    def _run(self, closed: threading.Event) -> None:
        pause_seconds = _FIRST_PAUSE_SECONDS
        while not closed.is_set():
            try:
                with closing(open_redis(self._url, _ANSWER_SECONDS, _HEALTH_CHECK_SECONDS)) as redis:
                    self._listen(redis, closed)
            except Exception as error:  # noqa: BLE001  # whatever it is, polling goes on and this is tried again
                if self.outage.state == "up":
                    pause_seconds = _FIRST_PAUSE_SECONDS
                self.outage.failed(error)
                # Shortened by chance, so that a fleet does not come back all at once.
                closed.wait(pause_seconds * random.uniform(0.5, 1.0))  # noqa: S311
                pause_seconds = min(pause_seconds * 2, _LONGEST_PAUSE_SECONDS)

    def _listen(self, redis: "Redis", closed: threading.Event) -> None:
        with redis.pubsub() as subscription:  # type: ignore[no-untyped-call]
            subscription.subscribe(CHANNEL)
            if subscription.get_message(timeout=_ANSWER_SECONDS) is None:
                raise TimeoutError(f"no answer to a subscription within {_ANSWER_SECONDS:g} s")
            self.outage.answered()
            self._look_now()
            while not closed.is_set():
                if subscription.get_message(ignore_subscribe_messages=True, timeout=_SLICE_SECONDS) is not None:
                    self._look_now()
                elif subscription.health_check_response_counter >= _UNANSWERED:
                    raise TimeoutError(f"no answer within {_UNANSWERED * _SLICE_SECONDS:g} s")
