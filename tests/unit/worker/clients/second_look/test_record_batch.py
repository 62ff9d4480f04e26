"""Batches are read as their writer meant them, and what is broken in one hides nothing else of it."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.clients.client import Partition
from worker.clients.second_look.compression import CodecMissing
from worker.clients.second_look.record_batch import batches, next_base_offset

ZERO = Partition("rides", 0)
GZIP = 1
maybe_bytes = st.none() | st.binary(max_size=200)
names = st.text(max_size=20).filter(lambda name: not any("\ud800" <= each <= "\udfff" for each in name))
written = st.tuples(maybe_bytes, maybe_bytes, st.lists(st.tuples(names, maybe_bytes), max_size=3))


@given(
    records=st.lists(written, min_size=1, max_size=20), base=st.integers(0, 1 << 50), codec=st.sampled_from([0, GZIP])
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read(make_batch: Any, records: list[Any], base: int, codec: int) -> None:
    (batch,) = batches(ZERO, make_batch(base, records, codec=codec))
    assert batch.intact
    found = list(batch.records())
    assert [(each.key, each.value, each.headers) for each in found] == records
    assert [each.offset for each in found] == list(range(base, base + len(records)))
    assert [each.timestamp for each in found] == list(range(1_000, 1_000 + len(records)))
    assert {(each.topic, each.partition, each.fault) for each in found} == {("rides", 0, "")}
    assert batch.last_offset == base + len(records) - 1


@given(place=st.integers(0), bit=st.integers(0, 7), size=st.integers(1, 5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_no_flipped_bit_goes_unseen_or_breaks_the_reader(make_batch: Any, place: int, bit: int, size: int) -> None:
    content = bytearray(make_batch(5, [(b"k", b"value", [("a", b"1")])] * size))
    covered = range(21, len(content))  # what is before the attributes is not under the checksum
    content[covered[place % len(covered)]] ^= 1 << bit
    (batch,) = batches(ZERO, bytes(content))
    assert not batch.intact
    try:
        list(batch.records())
    except (ValueError, CodecMissing):
        assert not batch.fits(1 << 60)


def test_a_header_name_that_is_no_text_is_written_with_backslashes(make_batch: Any) -> None:
    (batch,) = batches(ZERO, make_batch(0, [(b"k", b"v", [("caf\udce9", None)]), (b"k", b"v", [("café", b"")])]))
    bad, good = batch.records()
    assert (bad.headers, good.headers) == ([("caf\\xe9", None)], [("café", b"")])
    assert (bad.fault, good.fault) == ("the header name b'caf\\xe9' is not UTF-8", "")


def test_a_batch_that_is_cut_off_is_not_given_and_its_place_is_known(make_batch: Any) -> None:
    first, second = make_batch(3, [(b"k", b"v", [])] * 4), make_batch(7, [(b"k", b"v", [])])
    assert [each.base_offset for each in batches(ZERO, first + second[:-1])] == [3]
    assert next_base_offset(first + second[:12], 3) == 7
    assert next_base_offset(first + second) == 7
    assert next_base_offset(first) is None


@pytest.mark.parametrize("length", [0, -5])
def test_a_length_that_cannot_be_stops_the_reading(make_batch: Any, length: int) -> None:
    content = make_batch(0, [(b"k", b"v", [])])
    broken = content[:8] + length.to_bytes(4, "big", signed=True) + content[12:]
    with pytest.raises(ValueError, match="claims"):
        list(batches(ZERO, broken))
