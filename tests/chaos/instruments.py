"""What a launched worker is told to do to itself; passed to the launcher by the environment."""

from collections.abc import Mapping
from dataclasses import dataclass

CRASH, PACE, SLOW, JOURNAL, PACE_FILE, CLIENT = (
    "CHAOS_CRASH",
    "CHAOS_PACE",
    "CHAOS_SLOW",
    "CHAOS_JOURNAL",
    "CHAOS_PACE_FILE",
    "CHAOS_CLIENT",
)

# In the order of a batch. "mid-send" is between two sends, "in-commit" some milliseconds after commit was called,
# "committed" right after it returned.
CRASH_POINTS = (
    "connect",
    "poll",
    "score",
    "begin",
    "send",
    "mid-send",
    "flush",
    "offsets",
    "commit",
    "in-commit",
    "committed",
)
# A transaction is open from its first record's arrival to its end.
IN_TRANSACTION = frozenset({"send", "mid-send", "flush", "offsets", "commit"})


@dataclass(frozen=True, slots=True)
class Instruments:
    """One life of a worker.

    Attributes:
        crash_at: a crash point at which it kills itself; empty for none.
        crash_time: at the n-th time that it gets there.
        pace_seconds: slept before each step of a transaction, as long as the run is paced.
        slow_seconds: how long its model takes for a batch.
        slow_batches: for how many batches it is that slow.
    """

    crash_at: str = ""
    crash_time: int = 1
    pace_seconds: float = 0.0
    slow_seconds: float = 0.0
    slow_batches: int = 0

    def environment(self) -> dict[str, str]:
        """As environment variables."""
        return {
            CRASH: f"{self.crash_at}:{self.crash_time}",
            PACE: str(self.pace_seconds),
            SLOW: f"{self.slow_seconds}:{self.slow_batches}",
        }

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> "Instruments":
        """What :meth:`environment` wrote."""
        point, _, times = environment[CRASH].rpartition(":")
        seconds, _, batches = environment[SLOW].rpartition(":")
        return cls(point, int(times), float(environment[PACE]), float(seconds), int(batches))
