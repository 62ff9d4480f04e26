"""The parent of the processes that answer: forks them, starts one that died again, stops them together.

Imports nothing that a child would pay for twice, and has no threads, so that forking is safe. A child whose parent dies
hears it by a pipe, and drains.
"""

import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

log = logging.getLogger(__name__)

_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 30.0
_STEADY_SECONDS: Final = 30.0  # a child that ran this long has earned a quick restart
_CHECK_SECONDS: Final = 0.1
INTERRUPTED: Final = 130


@dataclass(slots=True)
class _Child:
    pid: int = 0
    listening: int = -1
    has_listened: bool = False
    started: float = 0.0
    restart_at: float = 0.0
    pause_seconds: float = _FIRST_PAUSE_SECONDS


@dataclass(slots=True)
class Processes:
    """Forks and supervises children until a signal.

    Attributes:
        count: how many.
        run: what a child does: gets a function to call when it listens, and returns when it has drained.
        on_listening: called once, when all listen.
        on_death: gets the process id of a child that ended.
        stop_seconds: how long they may take to drain; those that take longer are killed.
    """

    count: int
    run: Callable[[Callable[[], None]], None]
    on_listening: Callable[[], None]
    on_death: Callable[[int], None]
    stop_seconds: float
    _told: int = field(default=0, init=False)
    _interrupted: bool = field(default=False, init=False)
    _pipe: tuple[int, int] = field(default=(-1, -1), init=False)

    def supervise(self) -> int:
        """Keep the children running until SIGTERM or Ctrl-C; the exit code of this process."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        self._pipe = os.pipe()  # children see it close when this process dies, however it dies
        children = [_Child() for _ in range(self.count)]
        announced = False
        result = 0
        try:
            while not self._told and not result:
                for child in children:
                    result = self._look(child) or result
                if not announced and all(child.has_listened for child in children):
                    announced = True
                    self.on_listening()
                time.sleep(_CHECK_SECONDS if announced else 0.01)
        finally:
            self._drain(children)
        return INTERRUPTED if self._interrupted else result

    def _on_signal(self, number: int, _frame: Any) -> None:
        self._told += 1
        self._interrupted = self._interrupted or (number == signal.SIGINT and self._told > 1)

    def _look(self, child: _Child) -> int:
        """Start a child, or see how it is; an exit code where no restart would help."""
        if not child.pid:
            if time.monotonic() >= child.restart_at:
                self._fork(child)
            return 0
        if not child.has_listened and _readable(child.listening):
            child.has_listened = bool(os.read(child.listening, 1))
        ended, status = os.waitpid(child.pid, os.WNOHANG)
        if not ended:
            return 0
        self.on_death(child.pid)
        code = os.waitstatus_to_exitcode(status)
        if not child.has_listened and code > 0:  # it would end so again; its log says why
            child.pid = 0
            return code
        steady = time.monotonic() - child.started >= _STEADY_SECONDS
        child.pause_seconds = _FIRST_PAUSE_SECONDS if steady else min(child.pause_seconds * 2, _LONGEST_PAUSE_SECONDS)
        child.restart_at = time.monotonic() + child.pause_seconds
        log.warning(
            "a process ended; starting another",
            extra={"pid": child.pid, "reason": f"exit code {code}", "seconds": child.pause_seconds},
        )
        child.pid = 0
        os.close(child.listening)
        return 0

    def _fork(self, child: _Child) -> None:
        child.listening, write_end = os.pipe()
        child.has_listened = False
        child.started = time.monotonic()
        sys.stdout.flush()
        sys.stderr.flush()
        child.pid = os.fork()
        if not child.pid:
            os.close(self._pipe[1])
            self._be_child(write_end)
        os.close(write_end)

    def _be_child(self, listening: int) -> NoReturn:
        code = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            _drain_with_parent(self._pipe[0])
            self.run(lambda: _tell(listening))
            code = 0
        except BaseException:
            log.exception("a process failed")
        finally:
            sys.stderr.flush()
            os._exit(code)  # never back into the parent's stack; daemon threads end with it

    def _drain(self, children: list[_Child]) -> None:
        running = [child.pid for child in children if child.pid]
        _signal_all(running, signal.SIGTERM)
        ends = time.monotonic() + self.stop_seconds
        while running:
            if self._interrupted or time.monotonic() > ends:
                log.warning("processes did not drain in time; ending them", extra={"pid": running})
                _signal_all(running, signal.SIGKILL)
                ends = float("inf")
                self._told = 0
            running = [pid for pid in running if not self._reaped(pid)]
            time.sleep(0.01)

    def _reaped(self, pid: int) -> bool:
        ended, _status = os.waitpid(pid, os.WNOHANG)
        if ended:
            self.on_death(pid)
        return bool(ended)


def _signal_all(pids: list[int], number: int) -> None:
    for pid in pids:
        os.kill(pid, number)  # not reaped yet, so it is still this child


def _tell(pipe: int) -> None:
    os.write(pipe, b"1")


def _readable(descriptor: int) -> bool:
    import select

    return bool(select.select([descriptor], [], [], 0)[0])


def _drain_with_parent(pipe: int) -> None:
    import threading

    def wait() -> None:
        os.read(pipe, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent", daemon=True).start()
