"""One look at a registry: what is put in force, what stays, and what is told."""

import itertools
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from scoring.errors import ModelCorrupt, ModelError, ModelNotFound
from scoring.following.following import FIRST_RETRY_SECONDS

from .conftest import POLL_SECONDS, Shelf, Watched, answers_as_named

Watch = Callable[..., Watched]


def test_the_active_version_scores_and_nothing_was_swapped(shelf: Shelf, watch: Watch) -> None:
    version = shelf.activate()
    watched = watch(registry=str(shelf.folder))
    assert watched.look() == POLL_SECONDS
    assert (watched.version, watched.problem, watched.swaps) == (version, "", (0, 0))
    assert watched.swapped_to == [version]
    assert watched.counted("ridescore_model_info", version=version) == 1


def test_an_activated_version_and_a_rollback_are_followed(shelf: Shelf, watch: Watch) -> None:
    first = shelf.activate()
    watched = watch(registry=str(shelf.folder))
    watched.look()
    in_flight = watched.following.current()
    second = shelf.activate()
    watched.look()
    assert watched.version == second
    assert in_flight.model_version == first, "work in flight keeps the version it began with"
    assert answers_as_named(in_flight, shelf)
    assert answers_as_named(watched.following.current(), shelf)
    shelf.registry.rollback()
    watched.look()
    assert watched.swapped_to == [first, second, first]
    assert watched.swaps == (2, 0)
    assert watched.counted("ridescore_model_info", version=first) == 1
    assert watched.counted("ridescore_model_info", version=second) == 0


def test_a_look_that_finds_nothing_new_keeps_the_very_scorer(shelf: Shelf, watch: Watch) -> None:
    shelf.activate()
    watched = watch(registry=str(shelf.folder))
    watched.look()
    before = watched.following.current()
    watched.look(told=True)
    assert watched.following.current() is before


def test_a_version_that_cannot_be_loaded_leaves_the_old_one_and_says_so_once(
    shelf: Shelf, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    first = shelf.activate()
    watched = watch(registry=str(shelf.folder))
    watched.look()
    broken = shelf.write()
    shelf.damage(broken)
    shelf.point_to(broken, 2)
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            watched.look()
    assert watched.version == first
    assert broken in watched.problem
    assert "has changed" in watched.problem
    assert watched.swaps == (0, 1), "it is not verified at every poll in vain"
    told = [record for record in caplog.records if "goes on" in record.getMessage()]
    assert len(told) == 1
    assert told[0].__dict__["model_version"] == first
    shelf.point_to(first, 3)
    watched.look()
    assert (watched.version, watched.problem, watched.swaps) == (first, "", (0, 1))


def test_what_failed_is_tried_again_slowly_and_more_slowly(shelf: Shelf, watch: Watch) -> None:
    shelf.activate()
    watched = watch(registry=str(shelf.folder))
    watched.look()
    broken = shelf.write()
    shelf.damage(broken)
    shelf.point_to(broken, 2)
    tried_at = []
    for _ in range(200):
        failed = watched.swaps[1]
        watched.look()
        if watched.swaps[1] > failed:
            tried_at.append(watched.clock.now)
        watched.clock.now += 1
    pauses = [later - earlier for earlier, later in itertools.pairwise(tried_at)]
    assert 0.7 * FIRST_RETRY_SECONDS <= pauses[0] <= FIRST_RETRY_SECONDS + 1
    assert len(pauses) >= 3
    assert all(later > earlier for earlier, later in itertools.pairwise(pauses))
    shelf.restore(broken)
    watched.clock.now += 300
    watched.look()
    assert (watched.version, watched.problem) == (broken, "")


def test_look_now_has_a_restored_version_tried_at_once_but_not_every_time(shelf: Shelf, watch: Watch) -> None:
    shelf.activate()
    watched = watch(registry=str(shelf.folder))
    watched.look()
    broken = shelf.write()
    shelf.damage(broken)
    shelf.point_to(broken, 2)
    for _ in range(10):  # a flood of messages within a second
        watched.look(told=True)
    assert watched.swaps == (0, 1)
    shelf.restore(broken)
    watched.clock.now += 1
    watched.look(told=True)
    assert (watched.version, watched.problem) == (broken, "")


def test_nothing_to_load_is_told_with_its_reason_until_it_appears(shelf: Shelf, watch: Watch) -> None:
    watched = watch(registry=str(shelf.folder))
    with pytest.raises(ModelError, match="looked for"):
        watched.following.current()
    watched.look()
    with pytest.raises(ModelNotFound, match="no active version; train one") as caught:
        watched.following.current()
    assert str(caught.value) == watched.problem
    with pytest.raises(ModelNotFound) as again:
        watched.following.current()
    assert again.value is not caught.value, "a shared error would lengthen its trace with every request"
    version = shelf.activate()
    watched.look()
    assert (watched.version, watched.problem, watched.swaps) == (version, "", (1, 0))


def test_a_damaged_version_at_the_start_is_told_and_replaced(shelf: Shelf, watch: Watch) -> None:
    broken = shelf.activate()
    shelf.damage(broken)
    watched = watch(registry=str(shelf.folder))
    watched.look()
    with pytest.raises(ModelCorrupt, match="has changed"):
        watched.following.current()
    good = shelf.activate()
    watched.look()
    assert watched.version == good


@pytest.mark.parametrize("content", [b"", b"{", b'{"version": 1}', b"\xff"])
def test_a_damaged_active_file_changes_nothing_but_the_problem(shelf: Shelf, watch: Watch, content: bytes) -> None:
    version = shelf.activate()
    watched = watch(registry=str(shelf.folder))
    watched.look()
    whole = (shelf.folder / "ACTIVE").read_bytes()
    (shelf.folder / "ACTIVE").write_bytes(content)
    watched.look()
    assert watched.version == version
    assert "ACTIVE is damaged" in watched.problem
    (shelf.folder / "ACTIVE").write_bytes(whole)
    watched.look()
    assert (watched.problem, watched.swaps) == ("", (0, 0))


def test_an_active_file_that_is_gone_changes_nothing_but_the_problem(shelf: Shelf, watch: Watch) -> None:
    version = shelf.activate()
    watched = watch(registry=str(shelf.folder))
    watched.look()
    (shelf.folder / "ACTIVE").unlink()
    watched.look()
    assert watched.version == version
    assert "no active version" in watched.problem


def test_an_older_generation_is_believed_when_two_looks_agree(shelf: Shelf, watch: Watch) -> None:
    first, second = shelf.activate(), shelf.activate()
    watched = watch(registry=str(shelf.folder))
    watched.look()
    shelf.point_to(first, 1)  # a stale copy, or a registry that was restored
    assert watched.look() < POLL_SECONDS
    assert watched.version == second
    shelf.point_to(second, 2)  # it was stale
    watched.look()
    assert watched.version == second
    shelf.point_to(first, 1)
    watched.look()
    assert watched.version == second
    watched.look()
    assert watched.version == first


def test_an_unexpected_error_is_a_problem_and_no_end(
    shelf: Shelf, watch: Watch, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    version = shelf.activate()
    watched = watch(registry=str(shelf.folder))
    watched.look()
    broken = shelf.activate()

    def fail(_registry: object, _version: str) -> None:
        raise MemoryError("no room")

    with monkeypatch.context() as patch:
        patch.setattr("scoring.registry.registry.Registry.load", fail)
        watched.look()
    assert watched.version == version
    assert "MemoryError: no room" in watched.problem
    assert "loading the chosen model failed" in caplog.messages, "with its trace: it is a bug"
    watched.clock.now += FIRST_RETRY_SECONDS
    watched.look()
    assert (watched.version, watched.problem) == (broken, "")


def test_a_version_folder_is_followed(shelf: Shelf, watch: Watch, tmp_path: Path) -> None:
    first, second = shelf.write(), shelf.write()
    link = tmp_path / "current"
    link.symlink_to(shelf.folder / "versions" / first)
    watched = watch(path=str(link))
    watched.look()
    assert watched.version == first
    (tmp_path / "next").symlink_to(shelf.folder / "versions" / second)
    (tmp_path / "next").replace(link)
    watched.settle()
    assert (watched.version, watched.swaps) == (second, (1, 0))


def test_a_registry_at_a_url_is_followed(shelf: Shelf, watch: Watch, empty_memory: None) -> None:
    remote = Shelf(shelf.folder, shelf.model, shelf.drafted)
    remote.registry = type(shelf.registry)("memory://models/registry")
    first = remote.activate()
    watched = watch(registry="memory://models/registry")
    watched.look()
    second = remote.activate()
    watched.look()
    assert watched.swapped_to == [first, second]
