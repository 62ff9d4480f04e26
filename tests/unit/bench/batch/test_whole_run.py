"""A command is measured whole: its time, all its processes, and what it says of itself."""

import json
import sys
from pathlib import Path

import pytest

from bench.batch.whole_run import Broken, last_object, run_whole

MB = 1 << 20
_TELLS = 'print("{\\n  \\"seconds\\": 0.25\\n}", flush=True)\n'


def run(code: str, folder: Path, most_seconds: float = 60.0) -> object:
    return run_whole([sys.executable, "-c", code], folder / "log", {}, most_seconds)


def test_the_work_that_it_tells_of_and_the_whole(tmp_path: Path) -> None:
    found = run_whole([sys.executable, "-c", "import time; time.sleep(0.3)\n" + _TELLS], tmp_path / "log", {}, 60.0)
    assert found.work_seconds == 0.25
    assert found.wall_seconds >= 0.3


def test_memory_and_processor_time_of_a_child_count_after_its_end(tmp_path: Path) -> None:
    child = (
        "import time; held = b'x' * (200 << 20); end = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    )
    code = f"import subprocess, sys, time; subprocess.run([sys.executable, '-c', {child!r}]); time.sleep(0.1)\n"
    found = run_whole([sys.executable, "-c", code + _TELLS], tmp_path / "log", {}, 60.0)
    assert found.peak_bytes > 200 * MB
    assert found.cpu_seconds > 0.2


def test_a_command_that_fails_is_broken_and_its_log_is_told(tmp_path: Path) -> None:
    with pytest.raises(Broken, match="exit code 3") as caught:
        run("import sys; print('no such file'); sys.exit(3)", tmp_path)
    assert "no such file" in str(caught.value)


def test_a_command_that_does_not_end_is_ended(tmp_path: Path) -> None:
    with pytest.raises(Broken, match="did not end within"):
        run("import time; time.sleep(600)", tmp_path, 0.5)


def test_a_command_that_tells_nothing_is_broken(tmp_path: Path) -> None:
    with pytest.raises(Broken, match="did not say"):
        run("print({})", tmp_path)


def test_a_command_that_is_not_there_is_broken(tmp_path: Path) -> None:
    with pytest.raises(Broken):
        run_whole([str(tmp_path / "nothing")], tmp_path / "log", {}, 60.0)


def test_the_last_object_of_an_output() -> None:
    first, last = {"a": [1, {"b": 2}]}, {"seconds": 1.5, "files": [{"rows": 1}]}
    text = f"a line\n{json.dumps(first, indent=2)}\n{{not json}}\n{json.dumps(last, indent=2)}\nand after\n"
    assert last_object(text) == last
    assert last_object(json.dumps(first, indent=2)) == first
    assert last_object("nothing\n") == {}
    assert last_object('{\n  "cut off": ') == {}
