"""Percentiles and ratios."""

import pytest

from bench.figures import median_ratio, percentile


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (0.991, 100), (1.0, 100), (0.001, 1)], ids=str)
def test_nearest_rank_of_one_to_a_hundred(share: float, expected: int) -> None:
    assert percentile(range(1, 101), share) == expected


def test_one_value_is_every_percentile() -> None:
    assert percentile([7.5], 0.01) == percentile([7.5], 0.99) == 7.5


def test_no_values_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_ratios_are_taken_within_each_round() -> None:
    assert median_ratio([10, 1, 30], [5, 0.5, 10]) == 2


def test_a_round_that_either_did_not_finish_is_left_out() -> None:
    assert median_ratio([10, None, 30], [5, 1, None]) == 2
    assert median_ratio([None], [1.0]) is None
