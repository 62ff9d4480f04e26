"""Calls to Redis that end in the time they were given, connecting and looking its name up included.

A socket's timeout bounds one read; a name server or a handshake of several reads may take longer. So calls are made on
a thread of the link's own, which its callers stop waiting for.
"""

import concurrent.futures.thread  # noqa: F401  # its fork hooks must not be registered while a fork waits for us
import os
import queue
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TYPE_CHECKING, Any, Final, TypeVar

from prometheus_client import Counter
from pydantic import SecretStr

from scoring.errors import RedisUnavailable
from scoring.redis.outage import Outage

if TYPE_CHECKING:
    from redis import Redis

HOT_SECONDS: Final = 0.1
_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 5.0

# Held while the client, and all that it will need, is imported: a process that is forked in the middle of an import can
# never finish it.
CLIENT_IMPORT: Final = threading.Lock()

Answer = TypeVar("Answer")
_Call = tuple[Callable[["Redis"], Any], "Future[Any]"]


def open_redis(url: SecretStr, seconds: float, health_check_seconds: int = 0) -> "Redis":
    """A client that tries once, waits that long for each read, and connects when it is first used."""
    with CLIENT_IMPORT:
        import encodings.idna  # noqa: F401  # which the first connecting would else import, by the name of the host

        from redis import Redis  # here: its import takes longer than loading a model
        from redis.backoff import NoBackoff
        from redis.retry import Retry

    return Redis.from_url(
        url.get_secret_value(),
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        socket_keepalive=True,
        health_check_interval=health_check_seconds,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
    )


class RedisLink:
    """One Redis for a process's calls; nothing is connected before the first, and any thread may call.

    Args:
        url: of the Redis.
        errors: counts failed calls.
        read_seconds: how long one read, or connecting, may take.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        url: SecretStr,
        errors: Counter | None = None,
        read_seconds: float = HOT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._read_seconds = read_seconds
        self._clock = clock
        self.outage = Outage(url, errors, clock)
        self._begin()

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._late: Future[Any] | None = None
        self._retry_at = 0.0
        self._pause_seconds = _FIRST_PAUSE_SECONDS

    def call(
        self, operation: Callable[["Redis"], Answer], seconds: float = HOT_SECONDS, *, insist: bool = False
    ) -> Answer:
        """Do one operation.

        Args:
            operation: what to do with the client; may still be done after this gave up on it.
            seconds: the longest that this may take.
            insist: try even while an outage is being waited out, as where a person asked for it.

        Raises:
            RedisUnavailable: it failed, took too long, or an outage is being waited out; the caller goes on without.
        """
        asked: Future[Answer] = Future()
        if self._pid != os.getpid():  # after a fork the thread is the parent's, and its lock may be held for ever
            self._begin()
        with self._lock:
            if self._late is not None and not self._late.done():
                raise RedisUnavailable(f"Redis at {self.outage.address} has not answered an earlier call")
            self._late = None
            if not insist and self._clock() < self._retry_at:
                raise RedisUnavailable(f"Redis at {self.outage.address} did not answer; it is tried again soon")
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, args=(self._calls,), name="redis-calls", daemon=True)
                self._thread.start()
            self._calls.put((operation, asked))
        try:
            answer = asked.result(seconds)
        except FutureTimeout as error:
            if insist or not asked.cancel():  # what a person asked for is done late rather than never
                self._late = asked
            raise self._failed(f"no answer within {seconds * 1000:.0f} ms") from error
        except Exception as error:
            raise self._failed(error) from error
        self._retry_at, self._pause_seconds = 0.0, _FIRST_PAUSE_SECONDS
        self.outage.answered()
        return answer

    def close(self) -> None:
        """Let go of the connection once the calls before this are done."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._calls.put(None)
            self._calls = queue.SimpleQueue()
        if thread is not None and self._pid == os.getpid():
            thread.join(HOT_SECONDS)

    def _failed(self, error: BaseException | str) -> RedisUnavailable:
        reason = self.outage.failed(error)
        with self._lock:
            self._retry_at = self._clock() + self._pause_seconds * random.uniform(0.5, 1.0)  # noqa: S311
            self._pause_seconds = min(self._pause_seconds * 2, _LONGEST_PAUSE_SECONDS)
        return RedisUnavailable(f"Redis at {self.outage.address} did not answer: {reason}")

    def _work(self, calls: "queue.SimpleQueue[_Call | None]") -> None:
        client: Redis | None = None
        while (call := calls.get()) is not None:
            operation, asked = call
            if not asked.set_running_or_notify_cancel():
                continue
            try:
                client = client or open_redis(self._url, self._read_seconds)
                asked.set_result(operation(client))
            except Exception as error:  # noqa: BLE001  # to whoever asked
                asked.set_exception(error)
        if client is not None:
            client.close()
