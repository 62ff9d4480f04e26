"""A process that scores parts for a run: `python -m batch.crew_member`, started by :mod:`batch.crew` alone.

Takes the scorer and then parts on standard input, and tells rows and records on standard output; ends when its parent
does, since either pipe is then broken.
"""

import contextlib
import os
import pickle
import signal
import sys
from typing import Any, BinaryIO

from batch.plan import Plan
from batch.stage import stage_part
from scoring.errors import RidescoreError
from scoring.scorer import Scorer


def work(tasks: BinaryIO, answers: BinaryIO) -> None:
    """Score what comes until nothing does."""

    def tell(answer: Any) -> None:
        try:
            pickle.dump(answer, answers)
            answers.flush()
        except BrokenPipeError:  # the parent has gone; leave no unfinished file
            sys.exit(0)

    plan: Plan
    scorer: Scorer
    plan, scorer = pickle.load(tasks)  # noqa: S301  # from our own parent
    while True:
        try:
            file_number, part_number = pickle.load(tasks)  # noqa: S301
        except EOFError:
            return
        file = plan.files[file_number]
        try:
            tell(stage_part(plan, file, file.parts[part_number], scorer, tell))
        except RidescoreError as error:
            tell(error)


def main() -> None:
    """Take standard output for answers alone: a library that prints must not be taken for one."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))  # by exception, which tidies up
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with contextlib.suppress(SystemExit, EOFError):
        work(sys.stdin.buffer, answers)
    os._exit(0)  # nothing is left to flush, and a broken pipe would be told of


if __name__ == "__main__":
    main()
