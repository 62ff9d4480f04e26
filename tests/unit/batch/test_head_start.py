"""What is begun before a run: the same digests, processes that are taken or let go, and no error of its own."""

from pathlib import Path

import pytest

from batch import head_start
from batch.head_start import HeadStart, stamped
from batch.members import Member, end
from batch.run import score
from scoring.errors import RideFileError
from scoring.scorer import Scorer
from scoring.scorer_source import FixedScorer
from scoring.settings.batch_settings import BatchSettings

from .conftest import ScoreFiles, WriteRides, files_of


@pytest.fixture
def every_byte_is_worth_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head_start, "_MEMBER_BYTES", 1)


def test_digests_are_those_that_a_run_takes(write_rides: WriteRides) -> None:
    named, other = write_rides("a.parquet"), write_rides("b.parquet", seed=1)
    with HeadStart([named], 1) as begun:
        assert begun.stamped(named) == stamped(named)
        assert begun.stamped(other) == stamped(other), "one that was not named is looked at when it is asked for"


def test_what_is_wrong_is_left_to_the_run(tmp_path: Path) -> None:
    with HeadStart([str(tmp_path / "none.parquet"), str(tmp_path / "*.pq"), "memory://none"], 2) as begun:
        assert begun.take_members(2) == []
        with pytest.raises(RideFileError, match="there is no file"):
            begun.stamped(str(tmp_path / "none.parquet"))


def test_small_inputs_are_not_worth_a_process(write_rides: WriteRides) -> None:
    with HeadStart([write_rides("a.parquet")], 8) as begun:
        assert begun.take_members(7) == []


def test_how_many_processes_may_be_told_later(write_rides: WriteRides, every_byte_is_worth_a_process: None) -> None:
    with HeadStart([write_rides("a.parquet")], None) as begun:
        assert begun.take_members(2) == []
        begun.start_members(3)
        members = begun.take_members(2)
        assert len(members) == 2
        for member in members:
            end(member)


def test_members_that_nobody_takes_are_ended(
    write_rides: WriteRides, every_byte_is_worth_a_process: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Member] = []
    real = head_start.start_member

    def start() -> Member:
        started.append(real())
        return started[-1]

    monkeypatch.setattr(head_start, "start_member", start)
    with HeadStart([write_rides("a.parquet")], 4) as begun:
        (taken,) = begun.take_members(1)
        assert len(started) == 3
        assert [each.returncode is None for each in started].count(True) == 1, "of three, two are not needed"
        end(taken)
    with HeadStart([write_rides("a.parquet")], 3):
        assert [each.poll() for each in started[3:]] == [None, None]
    assert all(each.returncode is not None for each in started)


def test_a_run_with_a_head_start_writes_the_same(
    write_rides: WriteRides,
    score_files: ScoreFiles,
    scorer: Scorer,
    settings: BatchSettings,
    tmp_path: Path,
    every_byte_is_worth_a_process: None,
) -> None:
    path = write_rides("a.parquet")
    alone, begun_early = str(tmp_path / "alone"), str(tmp_path / "early")
    score_files(path, into=alone)
    with HeadStart([path], 2) as begun:
        score([path], begun_early, FixedScorer(scorer), settings, processes=2, head_start=begun)
    assert files_of(begun_early) == files_of(alone)
