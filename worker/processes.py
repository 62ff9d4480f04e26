"""Several worker processes under one parent: one slot each, restarted with backoff, stopped together.

A child that ends because of its settings or its model would end so again: then all are stopped.
"""

import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

log = logging.getLogger(__name__)

_CHECK_SECONDS: Final = 0.2
_FIRST_PAUSE_SECONDS: Final = 0.5
_LONGEST_PAUSE_SECONDS: Final = 30.0
_STEADY_SECONDS: Final = 60.0  # a child that ran this long has earned a quick restart


@dataclass(slots=True)
class _Child:
    number: int
    running: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    restart_at: float = 0.0
    pause_seconds: float = _FIRST_PAUSE_SECONDS


@dataclass(slots=True)
class Processes:
    """Supervises children until it is told to stop.

    Attributes:
        count: how many children.
        start: starts one, given its number and a pipe that it inherits and that closes when this process dies.
        final_codes: exit codes after which no restart helps.
        stop_seconds: how long children may take to drain.
        clock: seconds that never go back.
    """

    count: int
    start: Callable[[int, int], subprocess.Popen[bytes]]
    final_codes: Collection[int]
    stop_seconds: float
    clock: Callable[[], float] = time.monotonic
    _stopping: threading.Event = field(default_factory=threading.Event, init=False)

    def stop(self) -> None:
        """Drain all children, then return from :meth:`run`. Safe in a signal handler."""
        self._stopping.set()

    def run(self) -> int:
        """Keep the children running; 0 after :meth:`stop`, or the exit code that no restart helps."""
        children = [_Child(number) for number in range(self.count)]
        read_end, write_end = os.pipe()  # children see it close when this process dies, however it dies
        result = 0
        try:
            while not self._stopping.is_set():
                for child in children:
                    code = self._keep_running(child, read_end)
                    if code in self.final_codes:
                        log.error("a worker cannot run; stopping all", extra={"reason": f"exit code {code}"})
                        result = code or result
                        self._stopping.set()
                self._stopping.wait(_CHECK_SECONDS)
        finally:
            self._drain(children)
            os.close(write_end)
            os.close(read_end)
        return result

    def _keep_running(self, child: _Child, read_end: int) -> int | None:
        """Start, restart or look at a child; the exit code if it has just ended."""
        if child.running is None:
            if self.clock() >= child.restart_at:
                child.running = self.start(child.number, read_end)
                child.started = self.clock()
            return None
        code = child.running.poll()
        if code is None:
            return None
        steady = self.clock() - child.started >= _STEADY_SECONDS
        child.pause_seconds = _FIRST_PAUSE_SECONDS if steady else min(child.pause_seconds * 2, _LONGEST_PAUSE_SECONDS)
        child.restart_at = self.clock() + child.pause_seconds
        child.running = None
        if code not in self.final_codes:
            context = {"reason": f"exit code {code}", "seconds": child.pause_seconds}
            log.warning("a worker ended; starting it again", extra=context)
        return code

    def _drain(self, children: Sequence[_Child]) -> None:
        running = [child.running for child in children if child.running is not None]
        for process in running:
            process.send_signal(signal.SIGTERM)
        ends = self.clock() + self.stop_seconds
        for process in running:
            try:
                process.wait(max(0.1, ends - self.clock()))
            except subprocess.TimeoutExpired:
                log.exception("a worker did not stop in time; killing it")
                process.kill()
                process.wait()
