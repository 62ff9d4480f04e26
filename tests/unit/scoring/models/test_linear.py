"""The linear kind: three paths, one number."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.features import FEATURE_SETS, LocationFeature, feature_set
from scoring.models.known import KnownLocations
from scoring.models.linear import LinearModel
from scoring.rides.columns import RideColumns
from scoring.rides.ride import Ride

finite = st.floats(-1e6, 1e6)


@st.composite
def linear_models(draw: st.DrawFn) -> LinearModel:
    """Any linear model: any feature set, some codes of each location, any weights."""
    features = draw(st.sampled_from(list(FEATURE_SETS.values())))
    training = draw(st.from_type(RideColumns))
    codes = KnownLocations.seen_in(training, features).codes
    weights = {
        location: np.array(draw(st.lists(finite, min_size=len(seen), max_size=len(seen))), np.float64)
        for location, seen in codes.items()
    }
    return LinearModel(features, draw(finite), draw(finite) if features.uses_distance else 0.0, codes, weights)


@given(linear_models(), st.from_type(RideColumns))
def test_one_ride_a_list_and_an_array_give_the_same_bits(model: LinearModel, columns: RideColumns) -> None:
    rides = columns.rides()
    singles = [model.score_ride(ride) for ride in rides]
    listed = list(zip(*model.score_rides(rides), strict=True))
    durations, known = model.score_columns(columns)
    assert listed == singles
    assert list(zip(durations.tolist(), known.tolist(), strict=True)) == singles
    assert (durations.dtype, known.dtype) == (np.float64, np.bool_)


@given(linear_models(), st.from_type(RideColumns))
def test_the_bits_survive_the_artefacts(model: LinearModel, columns: RideColumns) -> None:
    files = model.artefacts()
    copy = LinearModel.from_artefacts(model.features, files)
    assert copy.artefacts() == files
    assert copy.score_rides(columns.rides()) == model.score_rides(columns.rides())
    assert (copy.intercept_minutes, copy.minutes_per_mile) == (model.intercept_minutes, model.minutes_per_mile)


@given(linear_models(), st.from_type(Ride))
def test_a_duration_is_the_sum_that_is_documented(model: LinearModel, ride: Ride) -> None:
    columns = RideColumns.of([ride])
    expected, known = model.intercept_minutes, True
    for location, codes in model.codes.items():
        found = np.flatnonzero(codes == location.codes_of(columns)[0])
        known = known and found.size == 1
        expected += float(model.weights_minutes[location][found].sum())
    duration, seen = model.score_ride(ride)
    assert seen is known
    assert duration == pytest.approx(expected + model.minutes_per_mile * ride.trip_distance, rel=1e-12, abs=1e-9)


def two_zone_model() -> LinearModel:
    codes = {LocationFeature.PICKUP: np.array([1, 130]), LocationFeature.DROPOFF: np.array([1, 205])}
    weights = {LocationFeature.PICKUP: np.array([1.0, 2.0]), LocationFeature.DROPOFF: np.array([10.0, 20.0])}
    return LinearModel(feature_set("pu,do,distance"), 100.0, 3.0, codes, weights)


@pytest.mark.parametrize(
    ("ride", "expected"),
    [
        (Ride(130, 205, 2.0), (128.0, True)),
        (Ride(1, 1, 0.0), (111.0, True)),
        (Ride(2, 205, 1.0), (123.0, False)),
        (Ride(130, 2, 1.0), (105.0, False)),
        (Ride(265, 265, 293_931.0), (881_893.0, False)),
    ],
)
def test_an_unknown_location_adds_nothing_and_is_told(ride: Ride, expected: tuple[float, bool]) -> None:
    assert two_zone_model().score_ride(ride) == expected


def test_no_rides_are_no_durations() -> None:
    model = two_zone_model()
    durations, known = model.score_columns(RideColumns.of([]))
    assert model.score_rides([]) == ([], [])
    assert (durations.shape, known.shape) == ((0,), (0,))


def test_a_distance_beyond_floats_is_infinite_on_every_path_without_a_warning() -> None:
    model, ride = two_zone_model(), Ride(1, 1, 1.7e308)
    assert model.score_ride(ride) == (math.inf, True)
    assert model.score_rides([ride]) == ([math.inf], [True])
    assert model.score_columns(RideColumns.of([ride]))[0].tolist() == [math.inf]


def test_the_kind_is_linear(linear_model: LinearModel) -> None:
    assert linear_model.kind == "linear"
    assert list(linear_model.artefacts()) == ["linear.npz"]
