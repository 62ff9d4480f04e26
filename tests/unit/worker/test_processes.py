"""Several children under one parent: real processes that stand for workers."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from worker.processes import Processes

# Says that it runs, drains on SIGTERM or when its parent's pipe closes, and exits with 0.
STEADY = """
import os, signal, sys, threading
folder, number, pipe = sys.argv[1], sys.argv[2], int(sys.argv[3])
done = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: done.set())
threading.Thread(target=lambda: (os.read(pipe, 1), done.set()), daemon=True).start()
with open(f"{folder}/{number}", "a") as file:
    file.write(f"{os.getpid()}\\n")
done.wait()
with open(f"{folder}/{number}.drained", "a") as file:
    file.write("drained")
"""
DEAF = STEADY.replace("lambda *_: done.set())", "lambda *_: None)", 1)
HOPELESS = "raise SystemExit(3)"


def processes(folder: Path, code: str, count: int = 2, stop_seconds: float = 30.0) -> Processes:
    def start(number: int, pipe: int) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-c", code, str(folder), str(number), str(pipe)]
        return subprocess.Popen(words, pass_fds=[pipe], start_new_session=True)

    return Processes(count, start, (2, 3), stop_seconds)


@contextmanager
def running(supervisor: Processes) -> Iterator[list[int]]:
    """Run it in a thread; the list holds what it returned."""
    returned: list[int] = []
    thread = threading.Thread(target=lambda: returned.append(supervisor.run()))
    thread.start()
    try:
        yield returned
    finally:
        supervisor.stop()
        thread.join(60)
    assert not thread.is_alive()


def pids(folder: Path, number: int) -> list[int]:
    file = folder / str(number)
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def wait_until(condition: Callable[[], bool], what: str) -> None:
    for _ in range(600):
        if condition():
            return
        threading.Event().wait(0.05)
    raise AssertionError(f"waited 30 s in vain: {what}")


def test_stop_drains_every_child_and_returns_0(tmp_path: Path) -> None:
    with running(processes(tmp_path, STEADY)) as returned:
        wait_until(lambda: all(pids(tmp_path, number) for number in range(2)), "both run")
    assert returned == [0]
    assert all((tmp_path / f"{number}.drained").exists() for number in range(2))


def test_a_child_that_dies_is_started_again(tmp_path: Path) -> None:
    with running(processes(tmp_path, STEADY)):
        wait_until(lambda: all(pids(tmp_path, number) for number in range(2)), "both run")
        os.kill(pids(tmp_path, 0)[0], signal.SIGKILL)
        wait_until(lambda: len(pids(tmp_path, 0)) == 2, "the killed one runs again")
        assert len(pids(tmp_path, 1)) == 1


def test_a_child_that_cannot_run_ends_all_with_its_code(tmp_path: Path) -> None:
    supervisor = processes(tmp_path, HOPELESS)
    assert supervisor.run() == 3


def test_a_child_that_does_not_drain_is_killed(tmp_path: Path) -> None:
    with running(processes(tmp_path, DEAF, count=1, stop_seconds=0.3)):
        wait_until(lambda: bool(pids(tmp_path, 0)), "it runs")
        (pid,) = pids(tmp_path, 0)
    assert not Path(f"/proc/{pid}").exists()
    assert not (tmp_path / "0.drained").exists()


def test_children_drain_when_their_parent_is_killed(tmp_path: Path) -> None:
    code = f"""
import subprocess, sys
from worker.processes import Processes
start = lambda number, pipe: subprocess.Popen(
    [sys.executable, "-c", {STEADY!r}, {str(tmp_path)!r}, str(number), str(pipe)],
    pass_fds=[pipe],
    start_new_session=True,
)
Processes(2, start, (), 30.0).run()
"""
    with subprocess.Popen([sys.executable, "-c", code]) as parent:
        wait_until(lambda: all(pids(tmp_path, number) for number in range(2)), "both run")
        parent.kill()
    wait_until(lambda: all((tmp_path / f"{number}.drained").exists() for number in range(2)), "both drained")
