"""Slots: no two workers of one host share a stable name, and a dead one's is free at once."""

import subprocess
import sys
from pathlib import Path

import pytest

from scoring.errors import SettingsError
from worker.slot import hold_slot, transactional_id

HOLDER = """
import sys, time
from pathlib import Path
from worker.slot import hold_slot
with hold_slot("group", sys.argv[2], Path(sys.argv[1])) as slot:
    print(slot, flush=True)
    time.sleep(60)
"""


def test_two_holders_get_the_lowest_numbers_that_are_free(tmp_path: Path) -> None:
    with hold_slot("group", folder=tmp_path) as zero:
        with hold_slot("group", folder=tmp_path) as one, hold_slot("group", folder=tmp_path) as two:
            assert [name.rpartition("-")[2] for name in (zero, one, two)] == ["0", "1", "2"]
            assert len({name.rpartition("-")[0] for name in (zero, one, two)}) == 1
        with hold_slot("group", folder=tmp_path) as again:
            assert again == one
    with hold_slot("group", folder=tmp_path) as first:
        assert first == zero


def test_groups_do_not_meet(tmp_path: Path) -> None:
    with hold_slot("one", folder=tmp_path) as slot, hold_slot("other", folder=tmp_path) as same:
        assert slot == same
        assert transactional_id("one", slot) != transactional_id("other", same)


def test_a_named_slot_is_held_once(tmp_path: Path) -> None:
    with (
        hold_slot("group", "blue", tmp_path) as slot,
        hold_slot("group", "green", tmp_path),
        hold_slot("another", "blue", tmp_path),
    ):
        assert slot == "blue"
        with (
            pytest.raises(SettingsError, match="another worker on this host holds the slot blue of group group"),
            hold_slot("group", "blue", tmp_path),
        ):
            pytest.fail("held twice")
    with hold_slot("group", "blue", tmp_path) as again:
        assert again == "blue"


@pytest.mark.parametrize("name", ["", "blue"], ids=["by number", "by name"])
def test_a_killed_workers_slot_is_free_at_once(name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path), name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            held = holder.stdout.readline().strip()
            assert held.endswith("-0") or held == "blue"
            if name:
                with pytest.raises(SettingsError), hold_slot("group", name, tmp_path):
                    pytest.fail("held twice")
            else:
                with hold_slot("group", name, tmp_path) as other:
                    assert other != held
        finally:
            holder.kill()
    with hold_slot("group", name, tmp_path) as slot:
        assert slot == held


def test_a_group_of_any_characters_has_its_lock_file_in_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "slots"
    with hold_slot("../a group/é", "blue", folder):
        assert [path.name for path in folder.iterdir()] == ["..-a-group--@blue.lock"]
        assert list(tmp_path.iterdir()) == [folder]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "slots"
    with pytest.raises(SettingsError, match=r"cannot write lock files in .*set TMPDIR"), hold_slot("g", "s", folder):
        pytest.fail("held")


def test_no_two_slots_share_a_transactional_id() -> None:
    """Else two workers that have nothing to do with each other would fence each other."""
    pairs = [("rides", "eu-1"), ("rides-eu", "1"), ("rides", "1"), ("rides/eu", "1"), ("rides", "eu.1")]
    assert transactional_id("rides", "eu-1") == "ridescore-rides/eu-1"
    assert len({transactional_id(group, slot) for group, slot in pairs}) == len(pairs)


def test_no_two_slots_share_a_lock(tmp_path: Path) -> None:
    with hold_slot("rides.eu", "1", tmp_path), hold_slot("rides", "eu.1", tmp_path):
        assert len(list(tmp_path.iterdir())) == 2
