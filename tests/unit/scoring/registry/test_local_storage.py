"""A registry in a directory: whole or not at all, whoever fails or writes at once."""

import errno
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scoring.errors import ModelError, ModelNotFound
from scoring.models.linear import LinearModel
from scoring.registry.active import Active, decode_active
from scoring.registry.manifest import Manifest
from scoring.registry.registry import Registry

Written = Callable[..., str]


def raising(code: int) -> Callable[..., Any]:
    """Something of the operating system that fails with this error."""

    def fail(*_arguments: Any, **_named: Any) -> Any:
        raise OSError(code, os.strerror(code))

    return fail


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ("os.fsync", errno.ENOSPC),
        ("os.fsync", errno.EIO),
        ("pathlib.Path.mkdir", errno.EROFS),
        ("pathlib.Path.rename", errno.EACCES),
    ],
)
def test_a_version_that_cannot_be_written_leaves_nothing(
    broken: str, code: int, local: Any, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = written(local)
    before = local.snapshot()
    with monkeypatch.context() as patched:
        patched.setattr(broken, raising(code))
        with pytest.raises(ModelError) as refused:
            written(local)
    assert str(refused.value).startswith(f"cannot write {local.registry.location}/versions/2026")
    assert str(refused.value).endswith(f": {os.strerror(code)}; nothing was registered")
    assert local.snapshot() == before
    assert local.registry.versions() == [first]
    assert written(local) in local.registry.versions()  # and with room again, it can


@pytest.mark.parametrize(("broken", "code"), [("os.fsync", errno.ENOSPC), ("pathlib.Path.replace", errno.EROFS)])
def test_an_activation_that_cannot_be_written_leaves_the_old_one(
    broken: str, code: int, local: Any, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = written(local), written(local)
    local.registry.activate(first)
    before = local.snapshot()
    with monkeypatch.context() as patched:
        patched.setattr(broken, raising(code))
        with pytest.raises(ModelError) as refused:
            local.registry.activate(second)
    assert str(refused.value) == f"cannot write {local.registry.location}/ACTIVE: {os.strerror(code)}; it is as it was"
    assert local.snapshot() == before
    assert local.registry.activate(second) == Active(second, first, 2)


def test_a_read_only_registry_loads_and_says_that_it_cannot_be_changed(
    local: Any, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = written(local)
    local.registry.activate(version)
    monkeypatch.setattr("os.open", raising(errno.EROFS))
    assert local.registry.load_active().manifest.version == version
    for change in (lambda: local.registry.activate(version), local.registry.rollback):
        with pytest.raises(ModelError) as refused:
            change()
        assert str(refused.value) == (f"cannot change the registry at {local.registry.location}: Read-only file system")


def test_an_unreadable_file_is_named(local: Any, written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    version = written(local)
    monkeypatch.setattr("pathlib.Path.read_bytes", raising(errno.EACCES))
    with pytest.raises(ModelError, match=rf"^cannot read .*/versions/{version}/manifest\.json: Permission denied$"):
        local.registry.load(version)


def test_a_registry_that_is_a_file_is_refused(
    tmp_path: Path, linear_model: LinearModel, drafted: Callable[..., Manifest]
) -> None:
    (tmp_path / "file").write_bytes(b"")
    registry = Registry(str(tmp_path / "file"))
    assert (registry.versions(), registry.active()) == ([], None)
    with pytest.raises(ModelError, match=r"cannot change the registry at .*/file: Not a directory"):
        registry.rollback()
    with pytest.raises(ModelError, match="Not a directory; nothing was registered"):
        registry.write(drafted(linear_model), linear_model)


def test_there_is_no_rollback_where_there_is_no_registry(local: Any) -> None:
    with pytest.raises(ModelNotFound, match="there is no registry at "):
        local.registry.rollback()
    assert not Path(local.registry.location).exists()


def test_what_a_killed_writer_left_is_not_listed_and_goes_after_a_day(local: Any, written: Written) -> None:
    staging = Path(local.registry.location) / ".staging"
    for name, age_hours in (("old", 25), ("young", 1)):
        (staging / name).mkdir(parents=True)
        (staging / name / "linear.npz").write_bytes(b"half")
        moment = time.time() - age_hours * 3600
        os.utime(staging / name, (moment, moment))
    version = written(local)
    assert local.registry.versions() == [version]
    assert [left.name for left in staging.iterdir()] == ["young"]


def test_folders_that_are_no_versions_are_not_listed(local: Any, written: Written) -> None:
    version = written(local)
    versions = Path(local.registry.location) / "versions"
    (versions / "empty").mkdir()
    (versions / "stray-file").write_bytes(b"")
    for name in (".hidden", "with space"):
        (versions / name).mkdir()
        (versions / name / "manifest.json").write_bytes(b"{}")
    assert local.registry.versions() == [version]


ACTIVATE = """
import json, sys
from scoring.registry.registry import Registry

location, *versions = sys.argv[1:]
registry = Registry(location)
for turn in range(12):
    active = registry.activate(versions[turn % len(versions)])
    print(json.dumps([active.version, active.previous, active.generation]))
"""


def test_processes_that_activate_at_once_leave_a_whole_file_and_count_every_change(
    local: Any, written: Written
) -> None:
    first, second, third = written(local), written(local), written(local)
    command = [sys.executable, "-c", ACTIVATE, local.registry.location]
    running = [
        subprocess.Popen([*command, *versions], stdout=subprocess.PIPE, text=True)
        for versions in ([first, second], [second, third], [third, first])
    ]
    while any(process.poll() is None for process in running):
        local.registry.active()  # a reader sees a whole file or none, at every moment
    outputs = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]

    seen = {tuple(json.loads(line)) for output in outputs for line in output.splitlines()}
    by_generation = {generation: (version, previous) for version, previous, generation in seen}
    assert len(by_generation) == len(seen)  # no generation was given twice
    assert sorted(by_generation) == list(range(1, len(seen) + 1))
    assert by_generation[1][1] is None
    for generation in range(2, len(seen) + 1):
        assert by_generation[generation][1] == by_generation[generation - 1][0]
    assert local.registry.active() == Active(*by_generation[len(seen)], len(seen))


def test_threads_that_activate_at_once_count_every_change(local: Any, written: Written) -> None:
    versions = [written(local) for _ in range(4)]
    answers: list[Active] = []

    def activate(version: str) -> None:
        answers.extend(Registry(local.registry.location).activate(version) for _ in range(5))

    threads = [threading.Thread(target=activate, args=(version,)) for version in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 20
    changes = set(answers)
    assert sorted(active.generation for active in changes) == list(range(1, len(changes) + 1))
    final = decode_active(local.read("ACTIVE"), "ACTIVE")
    assert final == max(changes, key=lambda active: active.generation)


def test_writers_of_one_version_at_once_leave_one_whole_version(
    local: Any, linear_model: LinearModel, drafted: Callable[..., Manifest]
) -> None:
    draft, outcomes = drafted(linear_model), []

    def write() -> None:
        try:
            outcomes.append(Registry(local.registry.location).write(draft, linear_model).version)
        except ModelError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (version,) = local.registry.versions()
    assert outcomes.count(version) == 1
    assert sum("exists already" in outcome for outcome in outcomes) == 5
    assert local.registry.load(version).manifest.version == version
