"""What is shown: a line a run on standard error while it goes, one table or one JSON value at the end."""

import threading
import time

from rich.console import Console
from rich.live import Live
from rich.table import Table

from tests.chaos.checker import Judgement
from tests.chaos.outcome import Outcome

_COLUMNS = ("fault", "client", "rides", "lost", "duplicated", "misordered", "wrong values", "recovery s", "verdict")
_PIPE_WIDTH = 150


class Progress:
    """The runs that go on, live where standard error is a terminal, else a line for each step."""

    def __init__(self, console: Console, runs: int) -> None:
        self._console = console
        self._runs = runs
        self._ended = 0
        self._lock = threading.Lock()
        self._now: dict[str, str] = {}
        self._began = time.monotonic()
        self._live = Live(console=console, refresh_per_second=4) if console.is_terminal else None

    def __enter__(self) -> "Progress":
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def say(self, run: str, line: str) -> None:
        """A run comes to its next step."""
        with self._lock:
            self._now[run] = line
            self._show(f"{run}: {line}")

    def ended(self, outcome: Outcome) -> None:
        """A run is over."""
        with self._lock:
            self._ended += 1
            self._now.pop(f"{outcome.fault} · {outcome.client}", None)
            what = outcome.skipped or outcome.evidence
            line = f"{outcome.fault} · {outcome.client}: {outcome.verdict} in {outcome.seconds:.0f} s ({what})"
            if self._live:
                self._live.console.print(line, style="bold red" if not outcome.good else None, highlight=False)
            self._show(line)

    def _show(self, line: str) -> None:
        seconds = time.monotonic() - self._began
        if self._live is None:
            self._console.print(f"{seconds:6.1f} s  {line}", highlight=False, markup=False, soft_wrap=True)
            return
        table = Table.grid(padding=(0, 2))
        table.add_row(f"{self._ended} of {self._runs}", f"{seconds:.0f} s")
        for run, now in self._now.items():
            table.add_row(f"  {run}", now)
        self._live.update(table)


def show_table(console: Console, outcomes: list[Outcome]) -> None:
    """The table, then all that is bad with the ends of the logs."""
    table = Table(title="Faults on a real broker", title_justify="left", title_style="bold")
    for column in _COLUMNS:
        table.add_column(column, justify="left" if column in {"fault", "client", "verdict"} else "right", no_wrap=True)
    for outcome in outcomes:
        judged = outcome.judgement or Judgement()
        counts = (judged.rides, judged.lost, judged.duplicated, judged.misordered, judged.wrong)
        numbers = [f"{count:,}" for count in counts] if outcome.judgement else ["-"] * len(counts)
        recovery = "-" if outcome.recovery_seconds is None else f"{outcome.recovery_seconds:.1f}"
        style = None if outcome.good else "bold red"
        table.add_row(outcome.fault, outcome.client, *numbers, recovery, outcome.verdict, style=style)
    console.print(table)
    for outcome in outcomes:
        if outcome.good and outcome.folder:
            console.print(
                f"{outcome.fault} on {outcome.client}: logs in {outcome.folder}", markup=False, soft_wrap=True
            )
        if outcome.skipped:
            console.print(f"{outcome.fault} on {outcome.client} was skipped: {outcome.skipped}", markup=False)
        elif not outcome.good:
            console.rule(f"{outcome.fault} on {outcome.client}", align="left")
            for problem in (*outcome.problems, *(outcome.judgement.problems if outcome.judgement else ())):
                console.print(problem, markup=False, highlight=False, soft_wrap=True)
            console.print(f"all logs: {outcome.folder}", markup=False, highlight=False, soft_wrap=True)


def table_console() -> Console:
    """Standard output; wide enough in a pipe."""
    plain = Console()
    return plain if plain.is_terminal else Console(width=_PIPE_WIDTH)
