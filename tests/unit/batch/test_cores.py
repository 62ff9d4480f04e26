"""How many cores a process may use: what it sees, and what its container gives it."""

import math
from pathlib import Path

import pytest

from batch import cores as module
from batch.cores import cores, quota_cores


@pytest.fixture
def groups(tmp_path: Path) -> Path:
    return tmp_path / "groups"


@pytest.fixture
def own_group(tmp_path: Path) -> Path:
    return tmp_path / "own"


def limit(group: Path, cpu_max: str) -> None:
    group.mkdir(parents=True, exist_ok=True)
    (group / "cpu.max").write_text(cpu_max)


def test_a_containers_own_quota_stands_at_the_mount(groups: Path, own_group: Path) -> None:
    own_group.write_text("0::/\n")
    limit(groups, "150000 100000\n")
    assert quota_cores(groups, own_group) == 1.5


def test_the_least_quota_of_those_around_counts(groups: Path, own_group: Path) -> None:
    own_group.write_text("3:cpu:/elsewhere\n0::/pods/one/scorer\n")
    limit(groups / "pods", "400000 100000\n")
    limit(groups / "pods" / "one", "50000 100000\n")
    limit(groups / "pods" / "one" / "scorer", "max 100000\n")
    limit(groups / "pods" / "two", "10000 100000\n")
    assert quota_cores(groups, own_group) == 0.5


@pytest.mark.parametrize("cpu_max", ["max 100000\n", "", "nonsense", "1 0"])
def test_no_quota_is_no_limit(groups: Path, own_group: Path, cpu_max: str) -> None:
    own_group.write_text("0::/\n")
    limit(groups, cpu_max)
    assert quota_cores(groups, own_group) == math.inf
    assert quota_cores(groups / "absent", own_group / "absent") == math.inf


@pytest.mark.parametrize(("cpu_max", "expected"), [("10000 100000", 1), ("150000 100000", 2), ("max 100000", 8)])
def test_a_begun_core_counts_whole_and_no_more_are_told_than_are_seen(
    groups: Path, own_group: Path, cpu_max: str, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_group.write_text("0::/\n")
    limit(groups, cpu_max)
    monkeypatch.setattr(module, "_GROUPS", groups)
    monkeypatch.setattr(module, "_OWN_GROUP", own_group)
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: set(range(8)))
    assert cores() == expected
