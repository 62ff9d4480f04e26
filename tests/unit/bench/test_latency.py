"""Latency from arrivals: the warm-up is left out, and what never came is told."""

import pytest

from bench.stream.latency import judge
from bench.stream.race import Broken


def test_the_warm_up_is_left_out_and_missing_ones_are_counted() -> None:
    warm = [f"{1_000 + each} 900.0" for each in range(0, 5_000, 100)]
    measured = [f"{6_000 + each} {each}.0" for each in range(1, 101)]
    found = judge("worker", 1_000, warm + measured, 160)
    assert (found.p50_ms, found.p99_ms, found.longest_ms) == (50.0, 99.0, 100.0)
    assert (found.measured, found.missing) == (100, 10)


@pytest.mark.parametrize("lines", [[], ["1000 5.0"]])
def test_no_arrival_after_the_warm_up_is_a_broken_run(lines: list[str]) -> None:
    with pytest.raises(Broken):
        judge("worker", 1_000, lines, 100)
