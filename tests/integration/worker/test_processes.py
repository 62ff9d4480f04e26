"""`ridescore worker --processes 2`: a slot each, started again when one is killed, ended together."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Any

import pytest

from tests.stream_site.checking import check

_WAIT_SECONDS = 60.0


@pytest.fixture
def parent(site: Callable[..., Any]) -> Iterator[tuple[Any, "subprocess.Popen[bytes]", Path]]:
    """The site, the parent and its log, which its children write too."""
    here = site()
    log = here.folder / "processes.log"
    ridescore = Path(sys.executable).with_name("ridescore")
    with log.open("wb") as output:
        running = subprocess.Popen(
            [ridescore, "worker", "--processes", "2"], env=here.environment(), stderr=output, start_new_session=True
        )
    yield here, running, log
    running.terminate()
    try:
        running.wait(_WAIT_SECONDS)
    finally:
        running.kill()
        running.wait()


def test_a_child_that_is_killed_is_started_again_and_nothing_is_lost(parent: Any) -> None:
    here, running, log = parent
    _wait_until(lambda: len(_slots(log)) == 2, log)
    assert len(set(_slots(log))) == 2
    here.publish(*here.mixed(600))
    _wait_until(lambda: here.committed()[0] > 0, log)
    os.kill(_children(running.pid)[0], SIGKILL)
    here.publish(*here.mixed(600, seed=2))
    _wait_until(lambda: len(_slots(log)) == 3, log)
    assert '"a worker ended; starting it again"' in log.read_text()
    _wait_until(lambda: len(set(here.committed())) == 1, log)
    running.send_signal(SIGTERM)
    assert running.wait(_WAIT_SECONDS) == 0
    assert check(here).total() == 1_200


def test_children_end_with_a_parent_that_is_killed(parent: Any) -> None:
    _here, running, log = parent
    _wait_until(lambda: len(_slots(log)) == 2, log)
    children = _children(running.pid)
    assert len(children) == 2
    running.kill()
    running.wait()
    _wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), log)
    assert log.read_text().count('"worker stopped"') == 2, "they drained"


def _slots(log: Path) -> list[str]:
    lines = [json.loads(line) for line in log.read_text().splitlines() if '"worker started"' in line]
    return [line["slot"] for line in lines]


def _children(pid: int) -> list[int]:
    """Linux alone tells."""
    told = Path(f"/proc/{pid}/task/{pid}/children")
    if not told.exists():
        pytest.skip("this system does not tell whose children processes are")
    return [int(each) for each in re.findall(r"\d+", told.read_text())]


def _wait_until(true: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + _WAIT_SECONDS
    while not true():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
