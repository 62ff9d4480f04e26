"""One contestant's run: the whole command, and whether what it left is right."""

import shutil
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bench.batch.contestants import OURS, Contestant, Course, Which, own_contestants
from bench.batch.correctness import check_output
from bench.batch.ride_files import MadeFile
from bench.batch.whole_run import WholeRun, run_whole
from scoring.models.model import Model

_START_SECONDS: Final = 120.0
_SLOWEST_PER_SECOND: Final = 2_000  # bounds how long a run may take


@dataclass(frozen=True, slots=True)
class Result:
    """What one run gave.

    Attributes:
        rows: that were read.
        whole: what the command took.
    """

    rows: int
    whole: WholeRun

    @property
    def per_second(self) -> float:
        """Rows, cold start included."""
        return self.rows / self.whole.wall_seconds

    @property
    def work_per_second(self) -> float:
        """Rows, the start left out."""
        return self.rows / self.whole.work_seconds

    @property
    def cpu_microseconds(self) -> float:
        """Of processor time a row, all processes, cold start included."""
        return self.whole.cpu_seconds / self.rows * 1e6


@dataclass(frozen=True, slots=True)
class Memory:
    """The high-water mark of the door's resident memory on a file of so many rows, one process."""

    rows: int
    peak_bytes: int


def run(contestant: Contestant, course: Course, model: Model, folder: Path) -> Result:
    """Run one contestant once; its output is checked and removed.

    Args:
        contestant: who.
        course: on what.
        model: of the core, as the contestant has it.
        folder: for its output and log.

    Raises:
        Broken: says what happened, with the end of its log.
    """
    made = course.files[contestant.which]
    mark = uuid.uuid4().hex[:8]
    output = folder / f"output-{mark}"
    output.mkdir()
    try:
        command, settings = contestant.command(course, output), contestant.settings(course)
        whole = run_whole(command, folder / f"{mark}.log", settings, _START_SECONDS + made.rows / _SLOWEST_PER_SECOND)
        if contestant.outputs:
            check_output(contestant.outputs(output), made, model, exact=contestant.exact)
        return Result(made.rows, whole)
    finally:
        shutil.rmtree(output, ignore_errors=True)


def measure_memory(made: MadeFile, course: Course, model: Model, folder: Path) -> Memory:
    """The door's memory on a file.

    Raises:
        Broken: as :func:`run`.
    """
    door = next(each for each in own_contestants() if each.name == OURS)
    course = replace(course, files={Which.WHOLE: made})
    return Memory(made.rows, run(door, course, model, folder).whole.peak_bytes)
