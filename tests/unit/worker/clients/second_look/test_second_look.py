"""What cannot be parsed is fetched again; every committed offset comes once, whatever is damaged, and nothing else."""

import logging
import struct
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kafka.record.util import calc_crc32c

from scoring.errors import BrokerError
from worker.clients.client import Partition, Place
from worker.clients.second_look import compression, second_look
from worker.clients.second_look.compression import CodecMissing
from worker.clients.second_look.second_look import SecondLook, Seen

ZERO = Partition("rides", 0)
RIDE = (b"k", b"a ride", [("a", b"1")])
BAD = (b"k", b"a ride", [("caf\udce9", b"1")])
LAST_OFFSET_DELTA_AT = 23
RECORDS_AT = 61


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_look, "_PAUSE_SECONDS", 0.0)


@pytest.fixture
def look(stored: Any) -> SecondLook:
    return SecondLook(stored)


def flipped(content: bytes, place: int, bit: int = 0) -> bytes:
    found = bytearray(content)
    found[place] ^= 1 << bit
    return bytes(found)


def marker(make_batch: Any, offset: int, producer_id: int, *, commits: bool) -> bytes:
    """The mark of a transaction's end: its attributes say that it is one, under a checksum of their own."""
    content = bytearray(
        make_batch(offset, [(struct.pack(">hh", 0, commits), b"\0\0\0\0\0\0", [])], producer_id=producer_id)
    )
    content[22] |= 0x20
    struct.pack_into(">I", content, 17, calc_crc32c(memoryview(content)[21:]))
    return bytes(content)


def read(look: SecondLook, first: int, end: int) -> list[Any]:
    """All that stands between two offsets, as a client would read it by second looks alone."""
    records = []
    while first < end:
        seen = look.at(ZERO, first)
        assert seen.next_offset > first, "it must move"
        records += seen.records
        first = seen.next_offset
    return records


def test_the_others_of_a_batch_with_an_unreadable_record_are_whole(
    look: SecondLook, stored: Any, make_batch: Any
) -> None:
    stored.content = make_batch(5, [RIDE, BAD, RIDE])
    seen = look.at(ZERO, 5)
    assert [(each.offset, bool(each.fault)) for each in seen.records] == [(5, False), (6, True), (7, False)]
    assert list(seen.faults) == [Place("rides", 0, 6)]
    assert seen.next_offset == 8
    assert len(stored.asked) == 1, "its checksum is right: there is nothing to fetch again"


def test_it_begins_at_the_offset_and_not_with_the_batch(look: SecondLook, stored: Any, make_batch: Any) -> None:
    stored.content = make_batch(0, [BAD, RIDE, RIDE])
    assert [each.offset for each in look.at(ZERO, 2).records] == [2]
    stored.content = flipped(make_batch(0, [RIDE] * 3), RECORDS_AT + 8)
    assert [each.offset for each in look.at(ZERO, 1).records] == [1, 2]


def test_a_byte_that_flipped_on_its_way_is_right_the_next_time(
    look: SecondLook, stored: Any, make_batch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    stored.content = make_batch(0, [RIDE] * 3)
    stored.garbled = [flipped(stored.content, 70), flipped(stored.content, 9)]
    with caplog.at_level(logging.WARNING):
        seen = look.at(ZERO, 0)
    assert not seen.faulty
    assert [each.value for each in seen.records] == [b"a ride"] * 3
    assert len(stored.asked) == 3
    assert caplog.messages == ["records were read when they were fetched again"]


def test_none_of_a_damaged_batch_is_trusted_though_all_can_be_read(
    look: SecondLook, stored: Any, make_batch: Any
) -> None:
    content = make_batch(5, [RIDE] * 3)
    stored.content = flipped(content, content.index(b"a ride")) + make_batch(8, [RIDE])
    seen = look.at(ZERO, 5)
    assert [(each.offset, each.key, each.value) for each in seen.records] == [
        (5, b"k", b"` ride"),
        (6, b"k", b"a ride"),
        (7, b"k", b"a ride"),
    ]
    assert {each.fault for each in seen.records} == {"the checksum of its batch, offsets 5 to 7, is wrong"}
    assert {each.timestamp for each in seen.records} == {-1}, "a damaged time might have the dead letter deleted"
    assert len(stored.asked) == 3, "it was not a matter of the network"


def test_a_batch_that_cannot_be_made_out_is_told_for_each_offset_and_its_bytes_are_kept_once(
    look: SecondLook, stored: Any, make_batch: Any
) -> None:
    damaged = flipped(make_batch(5, [RIDE] * 3), RECORDS_AT, bit=6)
    stored.content = damaged + make_batch(8, [RIDE])
    seen = look.at(ZERO, 5)
    assert [each.offset for each in seen.records] == [5, 6, 7]
    assert [each.value for each in seen.records] == [damaged, None, None]
    assert all("cannot be made out" in each.fault for each in seen.records)
    assert seen.next_offset == 8


@pytest.mark.parametrize("bit", range(0, 12, 3))
def test_a_damaged_last_offset_neither_hides_nor_makes_up_records(
    bit: int, look: SecondLook, stored: Any, make_batch: Any
) -> None:
    """The head says where a batch ends; what follows it, or the end of what is there, says it better."""
    content = make_batch(0, [RIDE] * 5)
    damaged = flipped(content, LAST_OFFSET_DELTA_AT + 3 - bit // 8, bit % 8)
    stored.content = damaged + make_batch(5, [RIDE] * 2)
    assert [each.offset for each in read(look, 0, 7)] == list(range(7))
    stored.content, stored.end = damaged, 5
    assert [each.offset for each in read(look, 0, 5)] == list(range(5))


@given(places=st.lists(st.tuples(st.integers(0, 2), st.integers(0), st.integers(0, 7)), min_size=1, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_whatever_is_damaged_every_offset_comes_once_in_order(
    make_batch: Any, stored: Any, places: list[tuple[int, int, int]]
) -> None:
    parts = [make_batch(base, [RIDE] * 4) for base in (0, 4, 8)]
    whole = list(parts)
    for number, place, bit in places:
        covered = [21, 22, *range(27, len(parts[number]))]  # by the others a broker itself finds the batch
        parts[number] = flipped(parts[number], covered[place % len(covered)], bit)
    stored.content, stored.end = b"".join(parts), 12
    records = read(SecondLook(stored), 0, 12)
    assert [each.offset for each in records] == list(range(12))
    for number, (part, good) in enumerate(zip(parts, whole, strict=True)):
        faults = {bool(each.fault) for each in records[4 * number : 4 * number + 4]}
        assert faults == {part != good}, "all of a damaged batch, and no other"


def test_aborted_records_and_marks_are_passed_over(look: SecondLook, stored: Any, make_batch: Any) -> None:
    stored.content = (
        make_batch(0, [BAD] * 2, producer_id=7)
        + marker(make_batch, 2, 7, commits=False)
        + make_batch(3, [BAD], producer_id=7)
        + marker(make_batch, 4, 7, commits=True)
    )
    stored.aborted, stored.end = ((7, 0),), 5
    assert [each.offset for each in read(look, 0, 5)] == [3], "the second transaction was committed"


def test_after_a_damaged_mark_of_an_abort_nothing_is_taken_for_aborted(
    look: SecondLook, stored: Any, make_batch: Any
) -> None:
    stored.content = (
        make_batch(0, [RIDE], producer_id=7)
        + flipped(marker(make_batch, 1, 7, commits=False), RECORDS_AT + 8, bit=1)
        + make_batch(2, [RIDE], producer_id=7)
    )
    stored.aborted = ((7, 0),)
    first = look.at(ZERO, 0)
    assert (first.records, first.next_offset) == ([], 2)
    stored.aborted = ()  # a broker names those that end after the offset that is asked for
    assert [each.offset for each in look.at(ZERO, 2).records] == [2]


def test_a_damaged_batch_of_an_aborted_transaction_is_no_ones(look: SecondLook, stored: Any, make_batch: Any) -> None:
    stored.content = flipped(make_batch(0, [RIDE], producer_id=7), 70) + make_batch(1, [RIDE])
    stored.aborted = ((7, 0),)
    assert [each.offset for each in read(look, 0, 2)] == [1]


def test_where_nothing_stands_yet_it_stays(look: SecondLook, stored: Any) -> None:
    assert look.at(ZERO, 9) == Seen([], 9)


def test_a_damaged_length_stops_the_worker_and_skips_nothing(look: SecondLook, stored: Any, make_batch: Any) -> None:
    stored.content = flipped(make_batch(5, [RIDE]), 8, bit=6)
    with pytest.raises(BrokerError, match=r"rides-0 is damaged at offset 5.*nothing was skipped"):
        look.at(ZERO, 5)


def test_a_batch_larger_than_a_fetch_is_fetched_with_what_follows(
    look: SecondLook, stored: Any, make_batch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_look, "_FIRST_BYTES", 100)
    damaged = flipped(make_batch(0, [(b"k", b"x" * 500, [])] * 3), RECORDS_AT, bit=6)
    stored.content = damaged + make_batch(3, [RIDE])
    seen = look.at(ZERO, 0)
    assert ([each.offset for each in seen.records], seen.next_offset) == ([0, 1, 2], 3)


def test_a_missing_codec_is_no_fault_of_the_records(
    look: SecondLook, stored: Any, make_batch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored.content = make_batch(0, [RIDE] * 100, codec=1)
    monkeypatch.setattr(compression, "_NAMES", {1: "snappy"})
    monkeypatch.setattr(compression.codec, "has_snappy", lambda: False)
    with pytest.raises(CodecMissing, match=r"compressed by snappy.*pip install python-snappy"):
        look.at(ZERO, 0)


def test_a_poll_takes_a_part_of_an_intact_batch_and_the_whole_of_a_damaged_one(
    look: SecondLook, stored: Any, make_batch: Any
) -> None:
    stored.content = make_batch(0, [RIDE, BAD, RIDE, RIDE])
    part = look.at(ZERO, 0).first(2)
    assert ([each.offset for each in part.records], part.next_offset) == ([0, 1], 2)
    stored.content = flipped(make_batch(0, [RIDE] * 4), 70)
    assert len(look.at(ZERO, 0).first(2).records) == 4
