"""One life of one worker: a real process, signalled by its pid alone, ended with the suite whichever way that ends."""

import sys
from collections.abc import Mapping
from pathlib import Path
from signal import SIGCONT, SIGSTOP, SIGTERM

from local_services.guarded import Guarded
from tests.chaos.instruments import IN_TRANSACTION, JOURNAL, Instruments

_HERE = Path(__file__).parents[2]
_STARTING = "starting"
_OF_EACH_BATCH = "rides became dead letters"
_LONGEST_LINE = 400


class WorkerProcess:
    """A worker that has been started.

    Attributes:
        log: its output.
    """

    def __init__(self, folder: Path, name: str, instruments: Instruments, environment: Mapping[str, str]) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._journal = folder / f"{name}.phase"
        self._journal.write_bytes(b"")
        self._paused = False
        mine = {**environment, **instruments.environment(), JOURNAL: str(self._journal), "PYTHONPATH": str(_HERE)}
        self._process = Guarded([sys.executable, "-m", "tests.chaos.launcher"], self.log, env=mine)

    @property
    def exit_code(self) -> int | None:
        """None while it runs; 137 where it was killed."""
        return self._process.exit_code

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self.exit_code is None

    @property
    def phase(self) -> str:
        """The last phase that it began."""
        return self._noted()[0]

    @property
    def commits(self) -> int:
        """How many transactions it has committed, as far as it knows."""
        return int(self._noted()[1])

    @property
    def reached_loop(self) -> bool:
        """Whether it came as far as its loop; before that, SIGTERM ends a process as it ends any."""
        return self.phase != _STARTING

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction of its may be open."""
        return self.phase in IN_TRANSACTION

    def kill(self) -> str:
        """SIGKILL; the phase it was in."""
        self._process.kill()
        return self.phase

    def pause(self) -> str:
        """SIGSTOP; the phase it is held in."""
        self._process.send(SIGSTOP)
        self._paused = True
        return self.phase

    def resume(self) -> None:
        """SIGCONT after :meth:`pause`."""
        if self._paused:
            self._paused = False
            self._process.send(SIGCONT)

    def terminate(self) -> None:
        """SIGTERM: asks it to finish its batch and leave."""
        self._process.send(SIGTERM)

    def wait(self, seconds: float) -> int | None:
        """Its exit code, or None where it still runs."""
        return self._process.wait(seconds)

    def end(self) -> None:
        """SIGKILL if it still runs."""
        self._process.kill()

    def tail(self, lines: int = 8) -> str:
        """The last lines of its log; of those that every batch may write, none."""
        text = self.log.read_text(errors="replace").splitlines()
        told = [line for line in text if _OF_EACH_BATCH not in line]
        return "\n".join(f"    | {line[:_LONGEST_LINE]}" for line in told[-lines:]) or "    | (empty)"

    def _noted(self) -> tuple[str, str]:
        parts = self._journal.read_text().split()
        return (parts[0], parts[1]) if len(parts) == 2 else (_STARTING, "0")
