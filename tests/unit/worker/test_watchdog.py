"""The watchdog: a phase that outlives its bound ends the process; others may take for ever."""

import subprocess
import sys
import threading
import time

import pytest

import worker.watchdog as subject
from worker.watchdog import EXIT_STUCK, Watchdog

HANGS = """
import time
import worker.watchdog as subject
subject._CHECK_SECONDS = 0.05
def commit_that_never_returns():
    time.sleep(60)
watchdog = subject.Watchdog({"commit": 0.1})
with watchdog.watching():
    watchdog.reached("commit")
    commit_that_never_returns()
"""


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def checks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "_CHECK_SECONDS", 0.002)


def test_a_phase_beyond_its_bound_is_told_once() -> None:
    clock, stuck = Clock(), threading.Event()
    times: list[float] = []

    def on_stuck() -> None:
        times.append(clock.now)
        stuck.set()

    watchdog = Watchdog({"commit": 10.0}, on_stuck, clock)
    with watchdog.watching():
        watchdog.reached("commit")
        clock.now = 10.0
        assert not stuck.wait(0.05), "the bound itself is allowed"
        clock.now = 10.1
        assert stuck.wait(10)
        time.sleep(0.02)
    assert times == [10.1]


class Looks:
    """Lets a watchdog look three times, at once and here: what it does not do then it does not do by luck."""

    def __init__(self) -> None:
        self._left = 3

    def wait(self, _seconds: float) -> bool:
        self._left -= 1
        return self._left < 0


def test_a_phase_without_a_bound_may_take_for_ever() -> None:
    clock, stuck = Clock(), threading.Event()
    watchdog = Watchdog({"commit": 10.0}, stuck.set, clock)
    watchdog.reached("idle")
    clock.now = 1e9
    watchdog._watch(Looks())
    assert not stuck.is_set()


def test_each_phase_has_its_own_time() -> None:
    clock, stuck = Clock(), threading.Event()
    watchdog = Watchdog({"flush": 10.0, "commit": 10.0}, stuck.set, clock)
    for phase in ("flush", "commit", "flush", "commit"):
        watchdog.reached(phase)
        clock.now += 9.0
        watchdog._watch(Looks())
    assert not stuck.is_set()
    clock.now += 2.0
    watchdog._watch(Looks())
    assert stuck.is_set()


@pytest.mark.parametrize(("phase", "ended"), [("commit", True), ("idle", False)])
def test_after_the_last_moment_only_what_waits_for_a_broker_is_ended(phase: str, ended: bool) -> None:
    """A loop that is through with its brokers leaves by itself, and with the code that says so."""
    clock, stuck = Clock(), threading.Event()
    watchdog = Watchdog({"commit": 3_600.0}, stuck.set, clock)
    watchdog.end_within(20.0)
    watchdog.reached(phase)
    clock.now += 20.0
    watchdog._watch(Looks())
    assert not stuck.is_set()
    clock.now += 0.1
    watchdog._watch(Looks())
    assert stuck.is_set() is ended


def test_its_thread_ends_with_the_block() -> None:
    before = threading.active_count()
    with Watchdog({}).watching():
        assert "watchdog" in {thread.name for thread in threading.enumerate()}
    assert threading.active_count() == before


def test_a_process_that_hangs_exits_with_its_code_and_prints_the_stacks() -> None:
    ended = subprocess.run([sys.executable, "-c", HANGS], capture_output=True, text=True, timeout=50, check=False)
    assert ended.returncode == EXIT_STUCK == 70
    assert "commit_that_never_returns" in ended.stderr, "where it hangs"
    assert ended.stderr.count("Thread 0x") + ended.stderr.count("Current thread") >= 2, "every thread's stack"


def test_a_loop_that_was_told_to_stop_and_does_not_is_ended() -> None:
    stuck: list[str] = []
    ended = threading.Event()
    watchdog = Watchdog({"commit": 3_600.0}, on_stuck=lambda: (stuck.append("stuck"), ended.set()))
    with watchdog.watching():
        watchdog.reached("commit")
        watchdog.end_within(0.0)
        assert ended.wait(30), "the watchdog did not end it"
    assert stuck == ["stuck"]
