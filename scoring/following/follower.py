"""The follower: looks for the chosen model on a thread of its own, often, and at once when Redis says so.

Work in flight keeps the scorer that it asked for. In a process that was forked from a following one it follows anew.
"""

import os
import random
import threading
import time
import weakref
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from scoring.following.following import Following
from scoring.following.swap_report import SwapReport
from scoring.metrics import Metrics
from scoring.redis.link import CLIENT_IMPORT
from scoring.redis.look_now import LookNowListener
from scoring.redis.outage import RedisState
from scoring.scorer import Scorer
from scoring.settings.model_settings import ModelSettings
from scoring.settings.redis_settings import RedisSettings

_GAP_SECONDS: Final = 0.1  # between looks, however many messages come
_CLOSE_SECONDS: Final = 5.0
_FIRST_TRIES: Final = 10
_FORK_SECONDS: Final = 5.0

_running: "weakref.WeakSet[Follower]" = weakref.WeakSet()


class Follower(Following):
    """A scorer source that follows; use it as a context, or start and close it.

    Args:
        model: which model is meant, and how often to look.
        redis: where "look now" is heard; nowhere by default.
        metrics: of this process.
        on_swap: called with each scorer after it came into force, the first included.
    """

    def __init__(
        self,
        model: ModelSettings,
        redis: RedisSettings,
        metrics: Metrics,
        on_swap: Callable[[Scorer], None] = lambda _scorer: None,
    ) -> None:
        super().__init__(model, SwapReport(metrics), on_swap)
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._looking = threading.Lock()
        self._thread: threading.Thread | None = None
        self._listener = LookNowListener(redis.url, self.look_now, metrics.redis_errors) if redis.url else None

    @property
    def redis_state(self) -> RedisState:
        """Whether "look now" can be heard."""
        return self._listener.outage.state if self._listener else "not configured"

    def start(self) -> Self:
        """Look once in this thread, so that what can be loaded scores when this returns; then follow.

        A model that cannot be loaded is no error here: :meth:`current` raises it, and it may yet appear.
        """
        for _ in range(_FIRST_TRIES):
            wanted_seconds = self.look()
            if self._scorer is not None or self._unsettled is None:
                break
            time.sleep(wanted_seconds)
        self._begin()
        if not _running:
            _watch_forks()
        _running.add(self)
        return self

    def look_now(self) -> None:
        """Have the follower's thread look without waiting for its poll; returns at once."""
        self._wake.set()

    def close(self) -> None:
        """End the thread; the scorer in force stays. A loading that takes longer is left to the process's end."""
        _running.discard(self)
        self._closed.set()
        self._wake.set()
        if self._listener is not None:
            self._listener.close()
        if self._thread is not None:
            self._thread.join(_CLOSE_SECONDS)
            self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin(self) -> None:
        # Made anew: after a fork, a lock that the parent held would never be released here.
        self._wake, self._closed, self._looking = threading.Event(), threading.Event(), threading.Lock()
        self._thread = threading.Thread(
            target=self._run, args=(self._wake, self._closed), name="model-follower", daemon=True
        )
        self._thread.start()
        if self._listener is not None:
            self._listener.start()

    def _run(self, wake: threading.Event, closed: threading.Event) -> None:
        wanted_seconds = self._settings.poll_seconds
        while True:
            # Shortened by chance, so that a fleet does not ask its storage all at once.
            told = wake.wait(max(0.0, wanted_seconds * random.uniform(0.75, 1.0) - _GAP_SECONDS))  # noqa: S311
            wake.clear()
            if closed.is_set():
                return
            with self._looking:
                wanted_seconds = self.look(told=told)
            closed.wait(_GAP_SECONDS)


def _watch_forks() -> None:
    global _watching  # noqa: PLW0603  # a process can be told once, and never told to forget
    if not _watching:
        _watching = True
        os.register_at_fork(before=_pause_for_fork, after_in_parent=_go_on_after_fork, after_in_child=_follow_in_child)


_watching = False
_held: list[threading.Lock] = []


def _pause_for_fork() -> None:
    """Let an import and looks end first: the child would find their locks held for ever."""
    CLIENT_IMPORT.acquire()  # waits for no network
    _held.append(CLIENT_IMPORT)
    looking = [follower._looking for follower in list(_running)]
    _held.extend(lock for lock in looking if lock.acquire(timeout=_FORK_SECONDS))


def _go_on_after_fork() -> None:
    while _held:
        _held.pop().release()


def _follow_in_child() -> None:
    _go_on_after_fork()
    for follower in list(_running):
        follower._begin()
