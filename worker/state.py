"""What the worker is doing, for its probes: written by the loop, read by the probe server's thread."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class WorkerState:
    """Plain attributes: each is written by one thread and read whole by others.

    Attributes:
        slow_seconds: how long the loop may stand still and still be alive.
        partitions: how many it has.
        model_version: that scores; empty before one is loaded.
        stopping: whether it was told to stop.
    """

    slow_seconds: float
    partitions: int = 0
    model_version: str = ""
    stopping: bool = False
    clock: Callable[[], float] = time.monotonic
    _moved: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.moved()

    def moved(self) -> None:
        """The loop has gone round."""
        self._moved = self.clock()

    def live(self) -> bool:
        """Whether the loop moves."""
        return self.clock() - self._moved <= self.slow_seconds

    def ready(self) -> bool:
        """Whether it scores: partitions assigned, a model loaded, not told to stop."""
        return self.partitions > 0 and bool(self.model_version) and not self.stopping
