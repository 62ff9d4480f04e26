"""What a run can begin while Python still imports what scores: its inputs' digests, and the processes beside it.

Imports nothing heavy itself. Whatever goes wrong here is left to the run, which meets it again and tells it.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Final

from batch.cores import cores
from batch.inputs import expand, stamp
from batch.members import Member, end, start_member
from scoring.errors import RideFileError
from scoring.rides.file_bytes import digest_and_size

_MEMBER_BYTES: Final = 8 << 20  # of inputs that are worth a process more: its start takes as long as scoring them

Stamped = tuple[str, int, str]


def stamped(source: str, given_up: Callable[[], bool] = lambda: False) -> Stamped:
    """An input's sha256, its size, and what tells that it was written since; see :func:`batch.inputs.stamp`.

    Raises:
        RideFileError: it is not there, cannot be read, or was given up; see
            :func:`scoring.rides.file_bytes.digest_and_size`.
    """
    size_bytes, mark = stamp(source)
    return digest_and_size(source, given_up)[0], size_bytes, mark


class HeadStart:
    """Digests and members, made meanwhile; what is not taken is ended with the block.

    Args:
        inputs: as a run gets them.
        processes: that will score, this one included; 0 takes one for each core, None waits for :meth:`start_members`.
    """

    def __init__(self, inputs: Sequence[str], processes: int | None) -> None:
        self._members: list[Member] = []
        self._digests: dict[str, Future[Stamped]] = {}
        self._threads = ThreadPoolExecutor(2)  # a digest is taken outside of Python's lock
        self._over = Event()  # or Python's end would wait for the digest of a large file
        self._worth = 0
        with suppress(RideFileError, OSError):
            sources = expand(each for each in inputs if "://" not in each)
            self._digests = {source: self._threads.submit(stamped, source, self._over.is_set) for source in sources}
            self._worth = sum(_size_bytes(source) for source in sources) // _MEMBER_BYTES
        if processes is not None:
            self.start_members(processes)

    def start_members(self, processes: int) -> None:
        """Start the processes beside this one, as many as the inputs are worth; 0 takes one for each core."""
        with suppress(OSError):
            self._members = [start_member() for _ in range(min(processes or cores(), self._worth) - 1)]

    def __enter__(self) -> "HeadStart":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what nobody has taken."""
        self._over.set()
        for member in self._members:
            member.terminate()
        self.take_members(0)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def stamped(self, source: str) -> Stamped:
        """As the function of that name, waiting for what was begun."""
        begun = self._digests.get(source)
        return begun.result() if begun is not None else stamped(source, self._over.is_set)

    def take_members(self, most: int) -> list[Member]:
        """Those that are started, now the caller's to end; the others leave."""
        taken, left = self._members[:most], self._members[most:]
        self._members = []
        for member in left:
            end(member)
        return taken


def _size_bytes(source: str) -> int:
    try:
        return Path(source).stat().st_size
    except OSError:
        return 0
