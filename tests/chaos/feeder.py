"""Keeps a backlog while a fault goes on: workers with nothing to read can be in no transaction."""

import threading
from collections.abc import Callable

from tests.chaos.publisher import PublishError

_CHECK_SECONDS = 0.2


class Feeder:
    """Publishes more whenever little is left, in a thread of its own.

    Args:
        left: how many published rides are not scored yet, at least.
        publish: publishes so many more.
        batch: rides in a worker's transaction.

    Attributes:
        failure: why it stopped before it was told to; empty where it did not.
    """

    def __init__(self, left: Callable[[], int], publish: Callable[[int], None], batch: int) -> None:
        self._left, self._publish, self._batch = left, publish, batch
        self._done = threading.Event()
        self.failure = ""
        self._thread = threading.Thread(target=self._feed, name="feeder", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Publish no more, once what is on its way is there."""
        self._done.set()
        self._thread.join()

    def _feed(self) -> None:
        while not self._done.wait(_CHECK_SECONDS):
            if self._left() >= 15 * self._batch:
                continue
            try:
                self._publish(20 * self._batch)
            except PublishError as error:
                self.failure = str(error)
                return
