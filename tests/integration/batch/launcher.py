"""Runs the real `ridescore batch score`, and dies where it is told to: SIGKILL, as the system's own would be.

A script. Replaces names before the command line runs; says `begun` on standard output when the work begins.
"""

import os
import signal
import sys
from typing import Any

import batch.local_output
import batch.run
import batch.stage
from batch.commit import STEPS

CRASH, TIME = "BATCH_TEST_CRASH", "BATCH_TEST_CRASH_TIME"
POINTS = ("planned", "mid-part", "part-scored", "part-recorded", *STEPS, "manifest-written")
"""In the order of a run; ``manifest-written`` is between its bytes and its rename."""


class _Crash:
    def __init__(self, point: str, time: int) -> None:
        self._point, self._left = point, time

    def reached(self, point: str) -> None:
        if point == self._point:
            self._left -= 1
            if not self._left:
                os.kill(os.getpid(), signal.SIGKILL)


def _after(crash: _Crash, point: str, real: Any) -> Any:
    def call(*arguments: Any, **named: Any) -> Any:
        result = real(*arguments, **named)
        crash.reached(point)
        return result

    return call


def _install(crash: _Crash) -> None:
    real_commit, real_stage_all = batch.run.commit, batch.run.stage_all

    def commit(plan: Any, staged: Any, reached: Any) -> Any:
        def tell(step: str) -> None:
            reached(step)
            crash.reached(step)

        return real_commit(plan, staged, tell)

    def stage_all(plan: Any, scorer: Any, processes: int, progress: Any, *more: Any) -> Any:
        sys.stdout.write("begun\n")
        sys.stdout.flush()
        crash.reached("planned")
        return real_stage_all(plan, scorer, processes, _after(crash, "mid-part", progress), *more)

    batch.run.commit = commit  # type: ignore[assignment]
    batch.run.stage_all = stage_all
    batch.stage.score_part = _after(crash, "part-scored", batch.stage.score_part)
    batch.stage.stage_part = _after(crash, "part-recorded", batch.stage.stage_part)
    batch.crew.stage_part = batch.stage.stage_part
    batch.local_output.write_synced = _after(crash, "manifest-written", batch.local_output.write_synced)


if __name__ == "__main__":
    import batch.crew

    _install(_Crash(os.environ.pop(CRASH, ""), int(os.environ.pop(TIME, "1"))))
    from cli.main import exit_of

    sys.exit(exit_of(["batch", "score", *sys.argv[1:]]))
