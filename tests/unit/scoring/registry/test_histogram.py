"""Histograms count every finite value once, between ascending edges."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.registry.histogram import Histogram, count_between

values = st.lists(st.floats(-1e9, 1e9), max_size=200)


@given(values, st.lists(st.sampled_from([math.nan, math.inf, -math.inf]), max_size=3))
def test_every_finite_value_is_counted_once(finite: list[float], odd: list[float]) -> None:
    histogram = Histogram.of(np.array(finite + odd))
    assert sum(histogram.counts) == len(finite)
    assert len(histogram.counts) == len(histogram.edges) + 1
    assert histogram.edges == sorted(set(histogram.edges))
    assert len(histogram.edges) <= 19


@given(st.lists(st.floats(-100, 100), unique=True, max_size=10).map(sorted), values)
def test_a_bin_holds_its_lower_edge_and_not_its_upper(edges: list[float], counted: list[float]) -> None:
    bounds = [-math.inf, *edges, math.inf]
    expected = [sum(low <= value < high for value in counted) for low, high in itertools.pairwise(bounds)]
    assert count_between(np.array(edges), np.array(counted)) == expected


def test_bins_of_even_values_weigh_the_same() -> None:
    assert Histogram.of(np.arange(2_000.0)).counts == [100] * 20


@pytest.mark.parametrize(("found", "expected"), [([], [0]), ([math.nan], [0]), ([3.0] * 5, [0, 5])])
def test_few_values_make_few_bins(found: list[float], expected: list[int]) -> None:
    assert Histogram.of(np.array(found)).counts == expected
