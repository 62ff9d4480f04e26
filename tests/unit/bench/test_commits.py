"""Rates from a topic's raw log: markers, aborts, cut-off batches, several producers."""

import struct

import pytest

from bench.stream.commits import Commit, commits_of_partition, rate, timeline


def batch(time_ms: int, producer: int, records: int, attributes: int = 0, body: bytes = b"") -> bytes:
    fields = struct.pack(">ibIhiqqqhii", 0, 2, 0, attributes, records - 1, time_ms, time_ms, producer, 0, 0, records)
    return struct.pack(">qi", 0, len(fields) + len(body)) + fields + body


def marker(time_ms: int, producer: int, kind: int) -> bytes:
    record = bytes([32, 0, 0, 0, 8]) + struct.pack(">hh", 0, kind) + bytes(8)
    return batch(time_ms, producer, 1, 0x30, record)


ABORT, COMMIT, IN_TRANSACTION = 0, 1, 0x10


def test_a_record_in_a_transaction_counts_at_its_marker() -> None:
    log = batch(10, 7, 3, IN_TRANSACTION) + batch(11, 7, 2, IN_TRANSACTION) + marker(20, 7, COMMIT)
    assert list(commits_of_partition([log])) == [Commit(20, 7, 5)]


def test_an_aborted_transaction_counts_nothing_and_taints_no_later_one() -> None:
    log = batch(10, 7, 3, IN_TRANSACTION) + marker(12, 7, ABORT)
    log += batch(20, 7, 4, IN_TRANSACTION) + marker(22, 7, COMMIT)
    assert list(commits_of_partition([log])) == [Commit(22, 7, 4)]


def test_an_open_transaction_counts_nothing() -> None:
    assert list(commits_of_partition([batch(10, 7, 3, IN_TRANSACTION)])) == []


def test_producers_are_told_apart() -> None:
    log = batch(10, 7, 3, IN_TRANSACTION) + batch(10, 8, 2, IN_TRANSACTION) + marker(20, 8, COMMIT)
    assert list(commits_of_partition([log])) == [Commit(20, 8, 2)]


def test_a_transaction_may_go_on_in_the_next_fetch_and_a_cut_off_batch_is_passed_over() -> None:
    cut_off = batch(30, 7, 9)[:40]
    parts = [batch(10, 7, 3, IN_TRANSACTION) + cut_off, marker(20, 7, COMMIT)]
    assert list(commits_of_partition(parts)) == [Commit(20, 7, 3)]


def test_without_transactions_a_batch_counts_when_the_broker_took_it() -> None:
    assert list(commits_of_partition([batch(10, -1, 3) + batch(15, -1, 1)])) == [Commit(10, -1, 3), Commit(15, -1, 1)]


def test_one_transactions_markers_in_four_partitions_are_one_commit() -> None:
    commits = [Commit(100, 7, 5), Commit(103, 7, 5), Commit(101, 7, 5), Commit(250, 7, 5), Commit(101, 8, 1)]
    assert timeline(commits) == [Commit(101, 8, 1), Commit(103, 7, 15), Commit(250, 7, 5)]


def test_the_timeline_ends_with_the_commit_that_reaches_what_is_counted() -> None:
    commits = [Commit(100 * number, 7, 5) for number in range(10)]
    assert timeline(commits, 12) == commits[:3]


def test_the_timeline_ends_when_its_time_is_up() -> None:
    commits = [Commit(1_000 + 500 * number, 7, 5) for number in range(10)]
    assert timeline(commits, seconds=1.0) == commits[:3]


def test_the_first_commit_starts_the_clock_and_its_records_do_not_count() -> None:
    assert rate([Commit(1_000, 7, 5_000), Commit(1_500, 7, 100), Commit(2_000, 7, 100)]) == 200.0


def test_several_processes_count_only_while_all_of_them_commit() -> None:
    alone_first = [Commit(0, 7, 900), Commit(500, 7, 900)]
    together = [Commit(1_000, 8, 100), Commit(1_500, 7, 100), Commit(2_000, 8, 100)]
    alone_last = [Commit(3_000, 8, 900)]
    found = rate([*alone_first, *together, Commit(2_000, 7, 100), *alone_last], jointly=True)
    assert found == 300.0


@pytest.mark.parametrize("commits", [[], [Commit(5, 7, 10)]])
def test_too_few_commits_give_no_rate(commits: list[Commit]) -> None:
    with pytest.raises(ValueError, match="commit"):
        rate(commits)
