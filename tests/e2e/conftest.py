"""An engine, the image built once, one stack for the whole story, and the figures that a run ends with."""

import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scoring.registry.registry import Registry
from scoring.scorer import Scorer
from tests.e2e.engine import engine_problem, run
from tests.e2e.stack import Stack
from tests.e2e.topics import Topics

OPTIONAL = "E2E_OPTIONAL"  # 1: without an engine the tests are skipped instead of failed
_FIGURES: list[str] = []


class Figures:
    """What a run tells beside its verdict: times, sizes, what each fault did."""

    def add(self, line: str) -> None:
        _FIGURES.append(line)


@pytest.fixture(scope="session")
def figures() -> Figures:
    return Figures()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _FIGURES:
        terminalreporter.section("end to end")
        for line in _FIGURES:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session", autouse=True)
def engine() -> None:
    """Compose on an engine; what cannot be had fails, where nobody said that it need not."""
    problem = engine_problem()
    if problem is None:
        return
    if os.environ.get(OPTIONAL) == "1":
        pytest.skip(problem)
    pytest.fail(f"{problem}; start a Docker engine with the compose plugin, or set {OPTIONAL}=1 to do without")


@pytest.fixture(scope="session")
def image(engine: None, figures: Figures) -> str:
    """The image, built as compose builds it."""
    stack = Stack("ridescore-e2e")
    began = time.monotonic()
    stack.compose("build", "model", seconds=1_500)
    name = stack.environment.get("RIDESCORE_IMAGE") or "ridescore:local"
    figures.add(f"image: built in {time.monotonic() - began:.0f} s")
    return name


@pytest.fixture(scope="module")
def stack(image: str, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """The stack of one module, down with its volumes at the end; a module names its overlays and settings."""
    module = request.module
    made = Stack(
        f"ridescore-e2e-{secrets.token_hex(3)}", getattr(module, "OVERLAYS", ()), getattr(module, "SETTINGS", {})
    )
    yield made
    if os.environ.get("E2E_KEEP") != "1":
        made.down("--volumes", "--remove-orphans")


@pytest.fixture(scope="module")
def topics(stack: Stack) -> Topics:
    return Topics.at(stack.port("KAFKA_PORT"))


@pytest.fixture
def scorer(stack: Stack, tmp_path: Path) -> Scorer:
    """The core in this process, with the version that is active in the stack."""
    stack.compose("cp", "api:/registry", str(tmp_path / "registry"))
    loaded = Registry(str(tmp_path / "registry")).load_active()
    return Scorer(loaded.model, loaded.manifest.version)


@pytest.fixture(scope="session")
def in_container(image: str) -> str:
    """Where the bundled rides lie in the image."""
    said = run("docker", "run", "--rm", "--entrypoint", "python3", image, "-c", _WHERE)
    return said.strip()


_WHERE = "from training import sample_rides; print(sample_rides.JANUARY.parent)"
