"""The supervisor: keeps each post's worker running, as a container platform would, a bounded number of times."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tests.chaos.instruments import Instruments
from tests.chaos.worker_process import WorkerProcess

_CHECK_SECONDS = 0.05
_BACKOFF_SECONDS = 0.3
_MOST_RESTARTS = 60


class Post:
    """A place for one worker at a time, under one slot.

    Attributes:
        worker: the present one.
        ended: exit codes of those before it.
        kept: whether one that ends is followed by another.
    """

    def __init__(self, name: str, slot: str, lives: Iterator[Instruments]) -> None:
        self.name = name
        self.slot = slot
        self.lives = lives
        self.kept = True
        self.restarts = 0
        self.due: float | None = None
        self.ended: list[int] = []
        self.worker: WorkerProcess


class Supervisor:
    """Starts workers of one run and starts them again.

    Args:
        folder: for logs, lock files and journals.
        environment: of every worker.
        restarts: how often a post is filled again at most.

    Attributes:
        stops_on: exit codes after which a post stays empty.
        exits: how often workers ended with each code; those dismissed at the end are not among them.
        logs: every worker that was started.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], restarts: int = _MOST_RESTARTS) -> None:
        self._folder = folder
        self._environment = dict(environment)
        self._lock = threading.RLock()
        self._done = threading.Event()
        self._thread: threading.Thread | None = None
        self._default = Instruments()
        self.most_restarts = restarts
        self.stops_on: set[int] = set()
        self.posts: dict[str, Post] = {}
        self._named: Counter[str] = Counter()
        self.exits: Counter[int] = Counter()
        self.logs: list[WorkerProcess] = []

    def hire(self, name: str, *lives: Instruments, slot: str = "", settings: Mapping[str, str] | None = None) -> Post:
        """Fill a post: its first workers are instrumented in turn as given, later ones as :meth:`default` says.

        Args:
            name: of the post.
            lives: instruments of its workers, in order.
            slot: WORKER_SLOT; the post's name by default.
            settings: further environment of its workers.
        """
        post = Post(name, slot or name, self._lives(lives))
        with self._lock:
            if settings:
                self._environment |= settings
            self.posts[name] = post
            self._start(post)
            if self._thread is None:
                self._thread = threading.Thread(target=self._supervise, name="supervisor", daemon=True)
                self._thread.start()
        return post

    def default(self, instruments: Instruments) -> None:
        """How workers are instrumented beyond the lives that were given for their post."""
        self._default = instruments

    def refill(self, *, healthy: bool = True) -> None:
        """Every post gets a worker if it has none, none of them paused; healthy ones only from now on."""
        with self._lock:
            for post in self.posts.values():
                if healthy:
                    post.lives = itertools.repeat(Instruments())
                post.worker.resume()
                post.kept, post.restarts = True, 0
                if not post.worker.runs:
                    if post.due is None:
                        self._note_end(post)
                    self._start(post)

    def succeed(self, name: str) -> None:
        """A post that was left empty is filled again."""
        with self._lock:
            post = self.posts[name]
            self._note_end(post)
            post.kept = True
            self._start(post)

    def remove(self, name: str, seconds: float) -> int | None:
        """SIGTERM one post's worker, and the post is no more; its exit code, None where it had to be killed."""
        code = self.terminate(name, seconds)
        with self._lock:
            post = self.posts.pop(name)
            post.worker.end()
            self._note_end(post)
        return code

    def terminate(self, name: str, seconds: float) -> int | None:
        """SIGTERM one post's worker and leave the post empty; its exit code, None where it did not end in time."""
        with self._lock:
            post = self.posts[name]
            post.kept = False
        post.worker.terminate()
        return post.worker.wait(seconds)

    def dismiss(self, seconds: float) -> dict[str, int | None]:
        """SIGTERM all, none are started again; exit codes by post, None for those killed after so long."""
        with self._lock:
            self._done.set()
            for post in self.posts.values():
                post.worker.resume()
                post.worker.terminate()
        codes = {}
        for name, post in self.posts.items():
            codes[name] = post.worker.wait(seconds)
            post.worker.end()
        return codes

    def close(self) -> None:
        """Kill whatever still runs."""
        self._done.set()
        if self._thread is not None:
            self._thread.join()
        for post in self.posts.values():
            post.worker.end()

    def _lives(self, lives: Iterable[Instruments]) -> Iterator[Instruments]:
        yield from lives
        while True:
            yield self._default

    def _supervise(self) -> None:
        while not self._done.wait(_CHECK_SECONDS):
            with self._lock:
                for post in self.posts.values():
                    if self._done.is_set() or post.worker.runs:
                        continue
                    if post.due is None and self._again(post):
                        post.restarts += 1
                        self._note_end(post)
                        post.due = time.monotonic() + _BACKOFF_SECONDS
                    elif post.due is not None and time.monotonic() >= post.due:
                        self._start(post)

    def _again(self, post: Post) -> bool:
        return post.kept and post.restarts < self.most_restarts and post.worker.exit_code not in self.stops_on

    def _note_end(self, post: Post) -> None:
        post.ended.append(int(post.worker.exit_code or 0))
        self.exits[post.ended[-1]] += 1

    def _start(self, post: Post) -> None:
        post.due = None
        self._named[post.name] += 1
        folder = self._folder / f"tmp-{post.name}"
        folder.mkdir(exist_ok=True)
        mine = {**self._environment, "WORKER_SLOT": post.slot, "TMPDIR": str(folder)}
        post.worker = WorkerProcess(self._folder, f"{post.name}-{self._named[post.name]}", next(post.lives), mine)
        self.logs.append(post.worker)
