"""Whether the process of a run is still there, told by what the run noted of it."""

import os
import subprocess
import sys

from flows.process_mark import is_gone, mark_of


def test_a_living_process_is_not_gone() -> None:
    assert not is_gone(mark_of(os.getpid()))


def test_an_ended_process_is_gone_though_nobody_has_reaped_it() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    mark = mark_of(process.pid)
    assert not is_gone(mark)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert is_gone(mark)
    process.communicate()
    assert is_gone(mark)


def test_another_process_under_the_same_id_is_not_the_one_that_was_marked() -> None:
    host, pid, _started = mark_of(os.getpid()).split(":")
    assert is_gone(f"{host}:{pid}:1")


def test_nothing_is_said_of_another_hosts_process_or_of_what_is_no_mark() -> None:
    _host, pid, started = mark_of(os.getpid()).split(":")
    for mark in (f"elsewhere:{pid}:{started}", "elsewhere:999999999:1", "", "12", "a:b", "arn:aws:ecs:eu:1:task/x"):
        assert not is_gone(mark)
