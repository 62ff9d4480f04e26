"""The workflows: sound for GitHub, with no right more than a job needs, and no action that somebody else can change."""

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import ROOT

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
WRITES = {  # the only jobs that may write, and what
    ("publish", "image"): {"packages"},
    ("publish", "release"): {"contents"},
    ("train", "train"): {"id-token"},
    ("train", "promote"): {"id-token"},
}


def read(file: Path) -> dict[str, Any]:
    workflow: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return workflow


def jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for file in FILES:
        for name, job in read(file)["jobs"].items():
            yield file.stem, name, job


def steps(job: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = job.get("steps", [])
    return found


def test_actionlint_finds_nothing(actionlint: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    told = actionlint("-no-color", *map(str, FILES))
    assert told.returncode == 0, told.stdout + told.stderr


def test_actionlint_finds_what_is_wrong(
    actionlint: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(FILES[0].read_text(encoding="utf-8").replace("timeout-minutes", "timeout-minute"))
    assert "timeout-minute" in actionlint("-no-color", str(wrong)).stdout


def test_actions_are_pinned_by_commit_with_their_version_beside() -> None:
    used = [line.strip() for file in FILES for line in file.read_text(encoding="utf-8").splitlines() if "uses:" in line]
    assert len(used) >= 15
    for line in used:
        local = re.fullmatch(r"-? ?uses: \./\.github/workflows/\w+\.yml", line)
        assert local or re.fullmatch(r"-? ?uses: [\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_one_action_has_one_pin() -> None:
    pins = set(re.findall(r"uses: ([\w./-]+)@(\w+)", "".join(file.read_text(encoding="utf-8") for file in FILES)))
    assert len(pins) == len({action for action, _pin in pins})


def test_workflows_may_read_and_jobs_write_only_what_is_listed() -> None:
    for file in FILES:
        assert read(file)["permissions"] == {"contents": "read"}, file.name
    for workflow, name, job in jobs():
        writes = {right for right, level in job.get("permissions", {}).items() if level == "write"}
        assert writes == WRITES.get((workflow, name), set()), f"{workflow}: {name}"


def test_jobs_end_by_themselves_and_keep_no_credentials() -> None:
    for workflow, name, job in jobs():
        assert "uses" in job or job["timeout-minutes"] <= 60, f"{workflow}: {name}"
        for step in steps(job):
            if str(step.get("uses", "")).startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, f"{workflow}: {name}"


def test_no_expression_reaches_a_shell_but_by_the_environment() -> None:
    for workflow, name, job in jobs():
        for step in steps(job):
            assert "${{" not in step.get("run", ""), f"{workflow}: {name}: an expression in a script is an injection"


@pytest.mark.parametrize("name", sorted({"setup", "deploy-tools", "test", "lint", "chaos", "e2e"}))
def test_make_knows_what_the_workflows_ask_of_it(name: str) -> None:
    asked = {
        word
        for _workflow, _name, job in jobs()
        for step in steps(job)
        for line in str(step.get("run", "")).splitlines()
        if line.startswith("make ")
        for word in line.split()[1:]
        if "=" not in word
    }
    assert name in asked
    assert re.search(rf"^{name}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_tests_run_on_every_python_that_the_package_names() -> None:
    matrix = read(ROOT / ".github" / "workflows" / "test.yml")["jobs"]["tests"]["strategy"]["matrix"]["python"]
    named = re.findall(r'Python :: (3\.\d+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert matrix == named


def test_scripts_that_workflows_run_exist() -> None:
    for workflow, name, job in jobs():
        for step in steps(job):
            for script in re.findall(r"\bdeploy/[\w./-]+", str(step.get("run", ""))):
                assert (ROOT / script).exists(), f"{workflow}: {name}: {script}"
