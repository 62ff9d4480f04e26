"""A program that we start and surely end: in its own session, under a guardian that outlives us for that purpose.

Signals go to pids that we started, never to names. Its output goes to one log file, quoted when it fails.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

__all__ = ["Guarded", "run_guarded"]

_GUARDIAN = Path(__file__).with_name("guardian.py")
_LAST_WAIT_SECONDS = 10.0
_POLL_SECONDS = 0.05
_TAIL_BYTES = 16_384


class Guarded:
    """One running program.

    Attributes:
        pid: the program's own pid (not the guardian's); 0 where it could not be started, as its log then says.
        log: the file that takes its output; appended to.
    """

    def __init__(
        self, command: Sequence[str], log: Path, *, folder: Path | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        """Start it; `folder` is removed if this interpreter dies before it."""
        self.log = log
        # -I -S: the guardian needs the standard library only, and must not run what the user's folder holds.
        guard = [sys.executable, "-I", "-S", str(_GUARDIAN), str(os.getpid()), str(folder or "")]
        with log.open("ab") as output:
            self._guardian = subprocess.Popen(  # noqa: S603 - the command is ours
                [*guard, *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=output,
                env=env,
                start_new_session=True,
            )
        try:
            with self._guardian.stdout or contextlib.nullcontext() as answer:
                self.pid = int(answer.readline() or 0) if answer else 0
        except BaseException:
            # Interrupted before the pid was known: the guardian passes this on to the program.
            self._guardian.terminate()
            raise

    @property
    def exit_code(self) -> int | None:
        """None while it runs; 128 + signal where a signal ended it."""
        return self._guardian.poll()

    def wait(self, seconds: float) -> int | None:
        """Its exit code, or None where it still runs after so long."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._guardian.wait(seconds)
        return None

    def wait_until(self, answers: Callable[[], bool], seconds: float) -> str | None:
        """None once it answers; else what happened and its last lines, at once where it ended."""
        deadline = time.monotonic() + seconds
        while self.exit_code is None:
            if answers():
                return None
            if time.monotonic() > deadline:
                return f"did not answer within {seconds:.0f} s; the end of its log:\n{self.tail()}"
            time.sleep(_POLL_SECONDS)
        return f"ended with exit code {self.exit_code} before it answered; the end of its log:\n{self.tail()}"

    def send(self, signum: signal.Signals) -> None:
        """Signal the program and all that it started; nothing happens where it has ended."""
        if self.pid and self.exit_code is None:
            # PermissionError: what macOS says of a group whose last member only waits to be reaped.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signum)

    def end(self, grace_seconds: float) -> None:
        """SIGTERM, then SIGKILL after the grace; returns when it is gone. A paused program is woken to hear it."""
        try:
            self.send(signal.SIGTERM)
            self.send(signal.SIGCONT)
            self.wait(grace_seconds)
        finally:
            self.kill()

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.send(signal.SIGKILL)
        if self.wait(_LAST_WAIT_SECONDS) is None:
            self._guardian.kill()
            self._guardian.wait()

    def tail(self, lines: int = 15) -> str:
        """The last lines of its log, indented for quoting."""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - _TAIL_BYTES))
            text = log.read().decode(errors="replace")
        return "\n".join(f"    | {line}" for line in text.splitlines()[-lines:]) or "    | (empty)"


def run_guarded(
    command: Sequence[str], log: Path, seconds: float, *, env: Mapping[str, str] | None = None
) -> str | None:
    """Run a command to its end: None where it succeeds, else what happened and its last lines."""
    program = Guarded(command, log, env=env)
    try:
        code = program.wait(seconds)
    finally:
        program.kill()
    if code == 0:
        return None
    found = f"did not end within {seconds:.0f} s" if code is None else f"ended with exit code {code}"
    return f"{found}; the end of its output:\n{program.tail()}"
