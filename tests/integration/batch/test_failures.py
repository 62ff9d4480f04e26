"""A full disk, a place that cannot be written, a damaged file, two runs, Ctrl-C: one clear error, nothing half done."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.chaos.small_disk import SmallDisk
from tests.do_without import do_without

from .conftest import Run, Start
from .outcome import files_of, rows_seen

ROWS = 239_998


def test_a_disk_that_fills_is_told_and_a_rerun_completes(run: Run, tmp_path: Path) -> None:
    place = tmp_path / "small"
    place.mkdir()
    try:
        mounting = SmallDisk.mounted(place)
        disk = mounting.__enter__()
    except (OSError, subprocess.CalledProcessError) as error:
        do_without(f"a small disk cannot be mounted: {error}")
    try:
        output = str(place / "scored")
        disk.fill(leave_bytes=2_000_000)
        code, _out, err = run(output)
        assert code == 9, err
        assert "the disk is full; make room and run the same command again, it resumes" in err
        assert "Traceback" not in err
        assert rows_seen(output) == 0
        disk.mend()
        code, _out, err = run(output)
        assert code == 0, err
        assert rows_seen(output) == ROWS
        assert not any(".staging" in name for name in files_of(output))
    finally:
        mounting.__exit__(None, None, None)


def test_an_output_that_cannot_be_written_is_told(run: Run, tmp_path: Path) -> None:
    place = tmp_path / "sealed"
    place.mkdir()
    if os.geteuid() == 0:  # root may write anywhere that is not mounted read-only
        subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,size=1m", "ridescore-test", str(place)], check=True)
    else:
        place.chmod(0o500)
    try:
        code, _out, err = run(str(place / "scored"))
    finally:
        if os.geteuid() == 0:
            subprocess.run(["umount", "--lazy", str(place)], check=True)
        else:
            place.chmod(0o700)
    assert code == 9
    assert "read-only" in err or "permission denied" in err
    assert "Traceback" not in err


def test_a_row_group_that_is_damaged_ends_the_run_with_nothing_committed(
    run: Run, landing: list[str], tmp_path: Path
) -> None:
    bad = tmp_path / "bad.parquet"
    content = bytearray(Path(landing[0]).read_bytes())
    middle = len(content) // 2
    content[middle : middle + 20_000] = bytes(20_000)
    bad.write_bytes(content)
    output = str(tmp_path / "scored")
    code, _out, err = run(output, inputs=[*landing, str(bad)])
    assert code == 4, err
    assert "bad.parquet is damaged after row" in err
    assert rows_seen(output) == 0
    assert run(output)[0] == 0
    assert rows_seen(output) == ROWS


def test_of_two_runs_on_one_output_one_wins_and_one_says_so(start: Start, run: Run, tmp_path: Path) -> None:
    output = str(tmp_path / "scored")
    first = start(output)
    assert first.stdout is not None
    first.stdout.readline()
    first.send_signal(signal.SIGSTOP)
    code, _out, err = run(output)
    first.send_signal(signal.SIGCONT)
    assert (code, "another run is writing to" in err) == (9, True)
    assert rows_seen(output) == 0
    first.communicate(timeout=60)
    assert first.returncode == 0
    assert rows_seen(output) == ROWS


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_stops_in_order_and_says_how_to_go_on(
    number: int, start: Start, run: Run, tmp_path: Path
) -> None:
    output = str(tmp_path / "scored")
    process = start(output, "--processes", "2")
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(number)
    _out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "run the same command again, it resumes" in err
    assert "Traceback" not in err
    assert rows_seen(output) == 0
    assert not list(Path(output).rglob(".unfinished-*")), "what was being written is removed"
    assert run(output)[0] == 0
    assert rows_seen(output) == ROWS


@pytest.fixture
def endless(tmp_path: Path) -> str:
    """A file whose digest takes many minutes; it takes no room on the disk."""
    path = tmp_path / "endless.parquet"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    return str(path)


def test_an_error_does_not_wait_for_the_digest_of_a_large_file(run: Run, endless: str, tmp_path: Path) -> None:
    nothing = str(tmp_path / "nothing")
    code, _out, err = run(str(tmp_path / "scored"), inputs=[endless], MODEL_REGISTRY=nothing)
    assert code == 3, err
    assert nothing in err
    assert "Traceback" not in err


def test_an_interruption_does_not_either(start: Start, endless: str, tmp_path: Path) -> None:
    output = tmp_path / "scored"
    process = start(str(output), inputs=[endless])
    while not output.exists() and process.poll() is None:  # made when the run begins to plan
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "it resumes" in err
    assert "Traceback" not in err
