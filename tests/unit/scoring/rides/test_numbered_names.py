"""Names of rides that have none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.rides.numbered_names import numbered_names


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 99, 100, 101, 1_000, 1_001, 10_000, 10_001, 65_536])
def test_each_ride_is_named_by_where_it_came_from_and_its_place(count: int) -> None:
    names = numbered_names("trace:4f/7", count)
    names.validate(full=True)
    assert names.to_pylist() == [f"trace:4f/7_{number}" for number in range(count)]


@given(st.text(max_size=12), st.integers(0, 30_000), st.integers(0, 1 << 40))
def test_names_begin_anywhere_and_with_anything(stem: str, count: int, first: int) -> None:
    stem = stem.encode("utf-8", "replace").decode()
    names = numbered_names(stem, count, first)
    names.validate(full=True)
    assert names.to_pylist() == [f"{stem}_{number}" for number in range(first, first + count)]
