"""A command line in its own folder, with no settings of the machine's."""

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from cli.main import exit_of
from scoring.settings.settings import GROUPS, environment_name


class Ended(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for group in GROUPS:
        for field in group.model_fields:
            monkeypatch.delenv(environment_name(group, field), raising=False)


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Commands set loggers for their own process, which here is everybody's."""
    loggers = [logging.getLogger(name) for name in ("", "kafka", "worker", "scoring", "training", "cli")]
    before = [(logger, logger.level, logger.handlers[:]) for logger in loggers]
    yield
    for logger, level, handlers in before:
        logger.setLevel(level)
        logger.handlers[:] = handlers
    logging.captureWarnings(False)


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `ridescore` with these words in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def _run(*words: str | os.PathLike[str]) -> Ended:
        code = exit_of([os.fspath(word) for word in words])
        out, err = capfd.readouterr()
        return Ended(code, out, err)

    return _run
