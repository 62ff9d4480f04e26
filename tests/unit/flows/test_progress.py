"""The progress on a run's page: told where the server takes it, and never in the run's way."""

from typing import Any
from uuid import UUID

import pytest

from flows import progress
from flows.progress import Progress


class Page:
    """Takes what is told, after failing so many times."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.told: list[tuple[str, float]] = []

    def _take(self, what: str, percent: float) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the server does not answer")
        self.told.append((what, percent))

    def create(self, *, progress: float, **_named: Any) -> UUID:
        self._take("made", progress)
        return UUID(int=1)

    def update(self, artifact: UUID, *, progress: float) -> None:
        assert artifact == UUID(int=1)
        self._take("updated", progress)


def told_by_a_run(monkeypatch: pytest.MonkeyPatch, failures: int) -> list[tuple[str, float]]:
    page = Page(failures)
    monkeypatch.setattr(progress, "create_progress_artifact", page.create)
    monkeypatch.setattr(progress, "update_progress_artifact", page.update)
    run = Progress(10, "rows")
    run.add(5)
    run.reach(100.0)
    return page.told


def test_progress_is_made_once_and_then_updated(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told_by_a_run(monkeypatch, failures=0) == [("made", 0.0), ("updated", 50.0), ("updated", 100.0)]


def test_a_page_that_could_not_be_made_is_made_later(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told_by_a_run(monkeypatch, failures=2) == [("made", 100.0)]


def test_a_server_that_takes_none_of_it_does_not_fail_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told_by_a_run(monkeypatch, failures=9) == []
