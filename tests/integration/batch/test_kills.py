"""SIGKILL anywhere: readers see all or nothing, a rerun completes with equal bytes, and nothing is left over.

RIDESCORE_KILLS=50 makes as many kills at random moments, in place of the few of a usual run.
"""

import os
import random
import signal
import time
from pathlib import Path

import pytest

from .conftest import Run, Start
from .launcher import CRASH, POINTS, TIME
from .outcome import files_of, rows_seen

ROWS = 239_998
KILLS = int(os.environ.get("RIDESCORE_KILLS", "6"))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("undisturbed") / "scored"


@pytest.fixture
def expected(undisturbed: Path, run: Run) -> dict[str, str]:
    """The files of a run that nobody disturbed, by one process."""
    if not undisturbed.exists():
        code, _out, err = run(str(undisturbed))
        assert code == 0, err
        assert rows_seen(str(undisturbed)) == ROWS
    return files_of(str(undisturbed))


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_named_point(point: str, run: Run, expected: dict[str, str], tmp_path: Path) -> None:
    output = str(tmp_path / "scored")
    times = {"mid-part": "3", "part-scored": "2", "part-recorded": "4", "renaming": "5"}
    code, _out, err = run(output, **{CRASH: point, TIME: times.get(point, "1")})
    assert code == -signal.SIGKILL, err
    seen = rows_seen(output)
    assert seen == (ROWS if point in ("committed", "cleaned") else 0)
    code, _out, err = run(output)
    assert code == 0, err
    assert rows_seen(output) == ROWS
    assert files_of(output) == expected


@pytest.mark.parametrize("processes", ["1", "3"])
def test_killed_at_random_moments(
    processes: str, start: Start, run: Run, expected: dict[str, str], tmp_path: Path
) -> None:
    """One output, killed again and again: it may complete under way, and is then begun anew."""
    chance = random.Random(7)
    output, seconds, completed = tmp_path / "scored-0", 0.6, 0
    for kill in range(KILLS):
        process = start(str(output), "--processes", processes)
        assert process.stdout is not None
        process.stdout.readline()  # it has begun, or ended because all is done
        time.sleep(chance.uniform(0, seconds))
        process.kill()
        process.wait()
        seen = rows_seen(str(output))
        assert seen in (0, ROWS)
        if seen:
            assert files_of(str(output)).keys() >= expected.keys()
            completed += 1
            output = tmp_path / f"scored-{kill + 1}"
    code, _out, err = run(str(output), "--processes", processes)
    assert code == 0, err
    for each in tmp_path.glob("scored-*"):
        assert run(str(each), "--processes", processes)[0] == 0  # the next run, which clears up after the killed one
        assert rows_seen(str(each)) == ROWS
        assert files_of(str(each)) == expected
    assert completed < KILLS, "some were killed before they committed"


def test_a_resumed_run_scores_only_what_is_missing(run: Run, tmp_path: Path) -> None:
    output = tmp_path / "scored"
    run(str(output), **{CRASH: "part-recorded", TIME: "7"})
    staged = {path: path.stat().st_mtime_ns for path in output.rglob(".staging/*/*.parquet")}
    assert len(staged) >= 7
    run(str(output), **{CRASH: "staged"})
    assert staged == {path: path.stat().st_mtime_ns for path in staged}, "they were taken over as they are"


def test_a_process_of_several_that_is_killed_ends_the_run_and_a_rerun_resumes(
    start: Start, run: Run, expected: dict[str, str], tmp_path: Path
) -> None:
    output = str(tmp_path / "scored")
    process = start(output, "--processes", "3")
    members = children_of(process.pid, 2)
    os.kill(members[0], signal.SIGKILL)
    _out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "was ended by signal 9" in err
    assert "Traceback" not in err
    assert rows_seen(output) == 0
    wait_until_gone(members)
    assert run(output)[0] == 0
    assert files_of(output) == expected


def test_no_process_outlives_its_parent(start: Start, tmp_path: Path) -> None:
    process = start(str(tmp_path / "scored"), "--processes", "3")
    members = children_of(process.pid, 2)
    process.kill()
    wait_until_gone(members)


def children_of(pid: int, count: int) -> list[int]:
    deadline = time.monotonic() + 60
    while True:
        found = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        if len(found) >= count:
            return found
        assert time.monotonic() < deadline, "the processes did not start"
        time.sleep(0.005)


def wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 60
    while any(Path(f"/proc/{pid}").exists() and " Z " not in Path(f"/proc/{pid}/stat").read_text() for pid in pids):
        assert time.monotonic() < deadline, "a process outlived its parent"
        time.sleep(0.02)
