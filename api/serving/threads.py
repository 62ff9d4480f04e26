"""Threads that take work in order, and the way back from them to the loop.

A queue of C in place of an executor's futures, which cost more than a small batch's answer.
"""

import logging
import threading
from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Final

log = logging.getLogger(__name__)

Work = tuple[Callable[..., None], tuple[Any, ...]]


class Threads:
    """Some threads.

    Args:
        count: how many.
        name: of each, with its number.
    """

    def __init__(self, count: int, name: str) -> None:
        self._queue: SimpleQueue[Work | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}_{each}", daemon=True) for each in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, do: Callable[..., None], *arguments: Any) -> None:
        """Let a thread call a function."""
        self._queue.put((do, arguments))

    def close(self) -> None:
        """Wait until all is done that was submitted."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        take: Final = self._queue.get
        while (work := take()) is not None:
            do, arguments = work
            try:
                do(*arguments)
            except BaseException:
                log.exception("a request could not be answered")
            del work, do, arguments  # a thread that waits must hold no request


class WayBack:
    """Calls, in the loop's thread, what other threads hand in; one wake-up for all that wait.

    Args:
        loop: whose thread it is.
    """

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[Work] = deque()
        self._told = False

    def call(self, do: Callable[..., None], *arguments: Any) -> None:
        """Have it called; from any thread."""
        self._waiting.append((do, arguments))
        if not self._told:
            self._told = True
            self._loop.call_soon_threadsafe(self._call_all)

    def _call_all(self) -> None:
        self._told = False  # before it looks: what comes later wakes the loop again
        waiting = self._waiting
        while waiting:
            do, arguments = waiting.popleft()
            try:
                do(*arguments)
            except Exception:  # the others are called all the same
                log.exception("a request could not be answered")
