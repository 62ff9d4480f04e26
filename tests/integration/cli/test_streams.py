"""The command's standard streams as shells and supervisors leave them: full, closed, or read no further."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.exit_codes import ExitCode

FULL = Path("/dev/full")
COMMAND = (sys.executable, "-m", "cli")
needs_full = pytest.mark.skipif(not FULL.is_char_device(), reason="the system has no /dev/full")


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which ``$R`` is ridescore."""
    paths = os.pathsep.join(filter(None, sys.path))
    environment = {**os.environ, "PYTHONPATH": paths, "R": " ".join(COMMAND)}
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def rides(tmp_path: Path) -> Path:
    """A file of rides whose answers do not fit into a pipe, and a registry with an active version beside it."""
    file = tmp_path / "rides.csv"
    file.write_text("PULocationID,DOLocationID,trip_distance\n" + "43,151,1.8\n" * 5_000)
    assert shell("$R models first", tmp_path).returncode == ExitCode.OK
    return file


@needs_full
@pytest.mark.parametrize("words", ["settings", "settings --json", "models list", "asyncapi", "--help", "models --help"])
def test_a_full_disk_under_the_output_is_told(words: str, tmp_path: Path) -> None:
    ended = shell(f"$R {words} > /dev/full", tmp_path)
    assert ended.returncode == ExitCode.OUTPUT
    assert ended.stderr.startswith("error: cannot write to standard output: No space left on device")
    assert ended.stderr.count("\n") == 1


@needs_full
def test_rows_that_do_not_fit_are_told_too(rides: Path) -> None:
    ended = shell(f"$R predict {rides.name} --json > /dev/full", rides.parent)
    assert (ended.returncode, ended.stderr.count("\n")) == (ExitCode.OUTPUT, 1)


@needs_full
def test_a_report_that_does_not_fit_takes_nothing_back(rides: Path) -> None:
    ended = shell(f"$R batch score {rides.name} --output scored > /dev/full", rides.parent)
    assert ended.returncode == ExitCode.OUTPUT
    assert "what was done before stands" in ended.stderr
    again = shell(f"$R batch score {rides.name} --output scored --json", rides.parent)
    assert [file["status"] for file in json.loads(again.stdout)["files"]] == ["already-scored"]


@needs_full
def test_the_exit_code_tells_where_errors_cannot_be_written(tmp_path: Path) -> None:
    assert shell("$R batch verify absent --nonsense 2> /dev/full", tmp_path).returncode == ExitCode.USAGE
    assert shell("$R predict --pu 1 --do 1 --distance 1 2> /dev/full", tmp_path).returncode == ExitCode.MODEL


@pytest.mark.parametrize("words", ["predict rides.csv", "predict rides.csv --json", "settings", "settings --json"])
def test_a_reader_that_has_seen_enough_is_no_error(words: str, rides: Path) -> None:
    ended = shell(f"$R {words} | (read -r line; exec <&-; sleep 0.2)", rides.parent)
    assert ended.returncode == ExitCode.OK, ended.stderr
    assert "error" not in ended.stderr.lower()


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_lead_nowhere(closed: str, rides: Path) -> None:
    ended = shell(f"$R batch score {rides.name} --output scored {closed}", rides.parent)
    assert ended.returncode == ExitCode.OK
    verified = shell("$R batch verify scored", rides.parent)
    assert verified.returncode == ExitCode.OK, verified.stdout


def test_ctrl_c_while_the_command_line_is_imported_ends_in_order(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    paths = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    ended = subprocess.run(
        [*COMMAND, "settings"],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.stderr == "interrupted\n"
    assert ended.returncode in (ExitCode.INTERRUPTED, -signal.SIGINT)
