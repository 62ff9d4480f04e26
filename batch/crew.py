"""The parts of a run over the cores of this machine: this process and others beside it take the next part in turn.

Which process scores a part changes nothing of its bytes. The first error ends the run; finished parts stay staged.
"""

import contextlib
import pickle
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from batch.members import Member, ended, start_member
from batch.output import open_output
from batch.part import PartRecord, StagedFile, staged_name
from batch.plan import Plan
from batch.stage import stage_part
from scoring.errors import OutputError, RidescoreError
from scoring.scorer import Scorer

Progress = Callable[[int], None]
_Task = tuple[int, int]


def stage_all(
    plan: Plan,
    scorer: Scorer,
    processes: int,
    progress: Progress,
    take_members: Callable[[int], Sequence[Member]] = lambda _most: (),
) -> list[StagedFile]:
    """Stage every file of a plan.

    Args:
        plan: what to score.
        scorer: of the plan's model version; must be fit for pickling where there are several processes.
        processes: how many score, this one included; no more than there are parts.
        progress: told of rows, from this process's threads, one at a time.
        take_members: gives processes that are started already, so many at most; more are started as they are needed.

    Raises:
        RidescoreError: as :func:`batch.stage.stage`; or a process ended on its own.
    """
    return _Crew(plan, scorer, progress).run(processes, take_members)


class _Crew:
    def __init__(self, plan: Plan, scorer: Scorer, progress: Progress) -> None:
        self._plan = plan
        self._scorer = scorer
        self._progress = progress
        self._lock = threading.Lock()
        self._tasks: deque[_Task] = deque(
            (file_number, part_number)
            for file_number, file in enumerate(plan.files)
            for part_number in range(len(file.parts))
        )
        self._records: dict[_Task, PartRecord] = {}
        self._failure: Exception | None = None
        self._early = ThreadPoolExecutor(1, "sync")

    def run(self, processes: int, take_members: Callable[[int], Sequence[Member]]) -> list[StagedFile]:
        others = max(0, min(processes, len(self._tasks)) - 1)
        with contextlib.ExitStack() as running:
            running.callback(self._early.shutdown, wait=False, cancel_futures=True)
            members = [running.enter_context(ended(each)) for each in take_members(others)]
            members += [running.enter_context(ended(start_member())) for _ in range(others - len(members))]
            threads = [threading.Thread(target=self._feed, args=(each,), name="crew", daemon=True) for each in members]
            for thread in threads:
                thread.start()
            self._work(self._stage_here)
            for thread in threads:
                thread.join()
            if self._failure is not None:
                raise self._failure
        return [
            StagedFile(file.key, tuple(self._records[file_number, number] for number in range(len(file.parts))))
            for file_number, file in enumerate(self._plan.files)
        ]

    def _work(self, stage_one: Callable[[_Task], PartRecord]) -> None:
        """Take tasks until none is left, or one has failed anywhere."""
        while self._failure is None:
            with self._lock:
                if not self._tasks:
                    return
                task = self._tasks.popleft()
            try:
                record = self._records[task] = stage_one(task)
            except RidescoreError as error:
                self._fail(error)
            else:
                self._early.submit(self._sync_early, task, record)

    def _sync_early(self, task: _Task, record: PartRecord) -> None:
        """Have a part written to the disk while others are scored; the commit does it again, and tells what fails."""
        output = open_output(self._plan.output)
        with contextlib.suppress(OutputError):
            for each in record.files:
                output.sync(staged_name(self._plan.files[task[0]], each.name))

    def _fail(self, error: Exception) -> None:
        with self._lock:
            if self._failure is None:
                self._failure = error

    def _stage_here(self, task: _Task) -> PartRecord:
        file = self._plan.files[task[0]]
        return stage_part(self._plan, file, file.parts[task[1]], self._scorer, self._count)

    def _count(self, rows: int) -> None:
        with self._lock:
            self._progress(rows)

    def _feed(self, member: Member) -> None:
        try:
            self._send(member, (self._plan, self._scorer))
            self._work(lambda task: self._stage_there(member, task))
        except Exception as error:  # noqa: BLE001  # what cannot be pickled, for one: the thread must not end in silence
            self._fail(error)

    def _stage_there(self, member: Member, task: _Task) -> PartRecord:
        self._send(member, task)
        while True:
            try:
                answer = pickle.load(member.stdout)  # type: ignore[arg-type]  # noqa: S301  # from our own child
            except (EOFError, pickle.UnpicklingError):
                raise _lost(member) from None
            if isinstance(answer, RidescoreError):
                raise answer
            if isinstance(answer, PartRecord):
                return answer
            self._count(answer)

    def _send(self, member: Member, message: Any) -> None:
        assert member.stdin is not None  # noqa: S101
        try:
            pickle.dump(message, member.stdin)
            member.stdin.flush()
        except BrokenPipeError:
            raise _lost(member) from None


def _lost(member: Member) -> RidescoreError:
    code = member.wait()
    ended = f"was ended by signal {-code}" if code < 0 else f"ended with {code}"
    return RidescoreError(
        f"a process that scored beside this one {ended} (the system may lack memory: try --processes 1); "
        "run the same command again, it resumes"
    )
