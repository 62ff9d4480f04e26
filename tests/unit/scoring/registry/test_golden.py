"""Golden rides prove that a version scores as it did when it was written."""

import math
from collections.abc import Sequence
from dataclasses import replace

import msgspec
import pytest

from scoring.errors import ModelCorrupt, ModelFailed
from scoring.models.linear import LinearModel
from scoring.registry.golden import choose_golden_rides, verify_golden_rides
from scoring.registry.manifest import GoldenRide
from scoring.rides.columns import RideColumns
from scoring.rides.ride import Ride


@pytest.mark.parametrize(("n", "expected"), [(0, 0), (1, 1), (5, 5), (10, 10), (11, 10), (400, 10)])
def test_up_to_ten_rides_are_chosen(n: int, expected: int, linear_model: LinearModel, rides: RideColumns) -> None:
    golden = choose_golden_rides(linear_model, rides[:n])
    assert len(golden) == expected
    assert [each.ride for each in golden if each.ride not in rides[:n].rides()] == []
    for each in golden:
        assert linear_model.score_ride(each.ride) == (each.duration_minutes, each.known_route)


def test_they_are_spread_from_the_first_ride_to_the_last(linear_model: LinearModel, rides: RideColumns) -> None:
    golden = [each.ride for each in choose_golden_rides(linear_model, rides)]
    assert golden[0] == rides.rides()[0]
    assert golden[-1] == rides.rides()[-1]
    assert [rides.rides().index(ride) for ride in golden] == sorted(rides.rides().index(ride) for ride in golden)


def test_the_model_that_wrote_them_passes(linear_model: LinearModel, rides: RideColumns) -> None:
    verify_golden_rides(linear_model, choose_golden_rides(linear_model, rides), "it")
    within = replace(linear_model, intercept_minutes=linear_model.intercept_minutes + 5e-10)
    verify_golden_rides(within, choose_golden_rides(linear_model, rides), "it")


@pytest.mark.parametrize("shift", [2e-9, -2e-9, 1.0, math.nan, math.inf])
def test_a_model_that_scores_otherwise_does_not(shift: float, linear_model: LinearModel, rides: RideColumns) -> None:
    other = replace(linear_model, intercept_minutes=linear_model.intercept_minutes + shift)
    with pytest.raises(ModelCorrupt, match=r"^it: "):
        verify_golden_rides(other, choose_golden_rides(linear_model, rides), "it")


def test_each_golden_ride_is_verified(linear_model: LinearModel, rides: RideColumns) -> None:
    golden = choose_golden_rides(linear_model, rides)
    for place, each in enumerate(golden):
        changed = list(golden)
        changed[place] = msgspec.structs.replace(each, duration_minutes=each.duration_minutes + 1)
        with pytest.raises(
            ModelCorrupt, match=r"the artefact or a library has changed: restore the version or train a new"
        ):
            verify_golden_rides(linear_model, changed, "it")


def test_a_route_that_was_seen_and_now_is_not_does_not_pass(linear_model: LinearModel, rides: RideColumns) -> None:
    """Its duration may be right by chance, and `known_route` would still tell every reader something else."""
    each = choose_golden_rides(linear_model, rides)[0]
    assert each.known_route
    with pytest.raises(ModelCorrupt, match="was on a route not seen in training and now is on one seen; the artefact"):
        verify_golden_rides(linear_model, [msgspec.structs.replace(each, known_route=False)], "it")
    unseen = next(ride for zone in range(1, 266) if not linear_model.score_ride(ride := Ride(zone, 1, 1.0))[1])
    golden = GoldenRide(unseen, linear_model.score_ride(unseen)[0], known_route=True)
    with pytest.raises(ModelCorrupt, match="was on a route seen in training and now is on one not seen; the artefact"):
        verify_golden_rides(linear_model, [golden], "it")


class TwoFaced(LinearModel):
    """Gives a list of rides one bit more than a ride alone."""

    def score_rides(self, rides: Sequence[Ride]) -> tuple[list[float], list[bool]]:
        durations, known = super().score_rides(rides)
        return [math.nextafter(duration, math.inf) for duration in durations], known


class Failing(LinearModel):
    """Fails on every ride."""

    def score_ride(self, ride: Ride) -> tuple[float, bool]:
        raise ModelFailed("no tree")


def test_a_model_whose_paths_differ_by_a_bit_does_not_pass(linear_model: LinearModel, rides: RideColumns) -> None:
    two_faced = TwoFaced(**vars(replace(linear_model)))
    with pytest.raises(ModelCorrupt, match=r"^it: alone a golden ride is [\d.]+ minutes, in a batch [\d.]+$"):
        verify_golden_rides(two_faced, choose_golden_rides(linear_model, rides), "it")


def test_a_model_that_fails_on_a_golden_ride_does_not_pass(linear_model: LinearModel, rides: RideColumns) -> None:
    failing = Failing(**vars(replace(linear_model)))
    with pytest.raises(ModelCorrupt, match=r"^it: the model fails on a golden ride: no tree$"):
        verify_golden_rides(failing, choose_golden_rides(linear_model, rides), "it")


def test_without_golden_rides_nothing_is_proved(linear_model: LinearModel) -> None:
    with pytest.raises(
        ModelCorrupt, match=r"^it has no golden rides to prove the model by; train and register it again$"
    ):
        verify_golden_rides(linear_model, [], "it")
