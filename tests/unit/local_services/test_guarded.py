"""A guarded program surely ends: asked, forced, paused, or with its parent killed."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local_services.guarded import Guarded, run_guarded

STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # Ended, and waiting for an init that may never reap it: a container's first program often does not.
    stat = Path(f"/proc/{pid}/stat")
    return stat.is_file() and stat.read_text().rpartition(")")[2].split()[0] == "Z"


def wait_for(true: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)


def test_a_program_ends_when_asked(tmp_path: Path) -> None:
    program = Guarded(["sleep", "60"], tmp_path / "log")
    assert not gone(program.pid)
    program.end(5)
    assert gone(program.pid)
    assert program.exit_code == 128 + signal.SIGTERM


def test_a_program_that_ignores_the_question_is_killed_after_the_grace(tmp_path: Path) -> None:
    program = Guarded(STUBBORN, tmp_path / "log")
    assert program.wait_until(lambda: "up" in program.tail(), 10) is None
    program.end(0.3)
    assert gone(program.pid)
    assert program.exit_code == 128 + signal.SIGKILL


def test_a_paused_program_is_woken_to_end(tmp_path: Path) -> None:
    program = Guarded(["sleep", "60"], tmp_path / "log")
    program.send(signal.SIGSTOP)
    program.end(5)
    assert program.exit_code == 128 + signal.SIGTERM


def test_a_program_and_its_own_children_die_together(tmp_path: Path) -> None:
    program = Guarded(["sh", "-c", "sleep 60 & echo $!; wait"], tmp_path / "log")
    wait_for(lambda: (tmp_path / "log").read_text().strip())
    child = int((tmp_path / "log").read_text())
    program.kill()
    wait_for(lambda: gone(child))
    assert gone(program.pid)


def test_ending_twice_is_once(tmp_path: Path) -> None:
    program = Guarded(["sleep", "60"], tmp_path / "log")
    program.kill()
    program.end(5)
    program.send(signal.SIGTERM)
    assert program.exit_code == 128 + signal.SIGKILL


def test_an_early_end_is_noticed_at_once_and_quoted(tmp_path: Path) -> None:
    program = Guarded(["sh", "-c", "echo the disk is full; exit 4"], tmp_path / "log")
    failure = program.wait_until(lambda: False, 3_600)
    assert failure is not None
    assert "exit code 4" in failure
    assert "the disk is full" in failure


def test_waiting_for_an_answer_is_bounded(tmp_path: Path) -> None:
    program = Guarded(["sleep", "60"], tmp_path / "log")
    failure = program.wait_until(lambda: False, 0.2)
    program.kill()
    assert failure is not None
    assert "did not answer" in failure


def test_a_command_that_does_not_exist_says_so(tmp_path: Path) -> None:
    program = Guarded(["no-such-command-here"], tmp_path / "log")
    failure = program.wait_until(lambda: False, 10)
    assert failure is not None
    assert "no-such-command-here" in failure
    program.kill()


def test_the_program_is_out_of_reach_of_ctrl_c(tmp_path: Path) -> None:
    program = Guarded(["sleep", "60"], tmp_path / "log")
    try:
        assert os.getsid(program.pid) == program.pid
        assert os.getpgid(program.pid) != os.getpgid(0)
    finally:
        program.kill()


def test_running_to_the_end_tells_success_from_failure_and_from_too_long(tmp_path: Path) -> None:
    assert run_guarded(["true"], tmp_path / "log", 10) is None
    assert "exit code 1" in str(run_guarded(["false"], tmp_path / "log", 10))
    assert "did not end within" in str(run_guarded(["sleep", "60"], tmp_path / "log", 0.2))


@pytest.mark.parametrize("program", [["sleep", "60"], STUBBORN], ids=["willing", "stubborn"])
def test_a_parent_killed_outright_takes_the_program_and_its_folder_with_it(tmp_path: Path, program: list[str]) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    script = f"""
        import pathlib, time
        from local_services.guarded import Guarded
        folder = pathlib.Path({str(folder)!r})
        guarded = Guarded({program!r}, folder / "log", folder=folder)
        print(guarded.pid, flush=True)
        time.sleep(60)
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert not gone(pid)
        parent.kill()
    wait_for(lambda: gone(pid) and not folder.exists())
