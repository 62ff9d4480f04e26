"""A bar on standard error for what takes long; where that is no terminal nothing is shown, and rich not imported."""

import sys
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from rich.progress import Task
    from rich.text import Text


class Bar(Protocol):
    """What is used of rich's bar."""

    def add_task(self, description: str, *, total: float | None = ...) -> Any:
        """Begin; what :meth:`update` asks for."""
        ...

    def update(self, task_id: Any, **about: Any) -> None:
        """Tell how far it is."""
        ...


class _Unseen:
    def __enter__(self) -> "_Unseen":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def add_task(self, description: str, *, total: float | None = None) -> int:  # noqa: ARG002  # rich's names
        return 0

    def update(self, task_id: Any, **about: Any) -> None:
        pass


def progress() -> AbstractContextManager[Bar]:
    """A bar with count, rate and time left."""
    if not sys.stderr.isatty():
        return _Unseen()
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        SpinnerColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: "Task") -> "Text":
            """Events a second so far."""
            return Text(f"{task.finished_speed or task.speed or 0:,.0f}/s")

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
