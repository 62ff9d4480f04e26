"""Known locations: which routes a model has seen, and the file that keeps them."""

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import ModelCorrupt
from scoring.features import FEATURE_SETS, FeatureSet, LocationFeature, feature_set
from scoring.models.known import KnownLocations, by_route
from scoring.models.known_file import known_from_bytes, known_to_bytes
from scoring.rides.columns import RideColumns

feature_sets = st.sampled_from(list(FEATURE_SETS.values()))
ZONES = feature_set("pu,do")


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


@given(st.from_type(RideColumns), st.from_type(RideColumns), feature_sets)
def test_a_route_is_known_where_each_of_its_locations_was_seen(
    training: RideColumns, asked: RideColumns, features: FeatureSet
) -> None:
    table = KnownLocations.seen_in(training, features).route_table()
    seen = {location: {location.value_of(ride) for ride in training.rides()} for location in features.locations}
    expected = [all(location.value_of(ride) in seen[location] for location in seen) for ride in asked.rides()]
    assert table[LocationFeature.PU_DO.codes_of(asked)].tolist() == expected


@given(st.from_type(RideColumns), feature_sets)
def test_known_locations_survive_their_file(training: RideColumns, features: FeatureSet) -> None:
    known = KnownLocations.seen_in(training, features)
    stored = known_to_bytes(known)
    copy = known_from_bytes(features, stored)
    assert known_to_bytes(copy) == stored
    assert {location: codes.tolist() for location, codes in copy.codes.items()} == {
        location: codes.tolist() for location, codes in known.codes.items()
    }


def test_a_vocabularys_codes_are_sorted_once_each() -> None:
    known = KnownLocations.of({LocationFeature.PICKUP: {5: 0, 2: 1}, LocationFeature.DROPOFF: [7, 7, 1]})
    assert {location: codes.tolist() for location, codes in known.codes.items()} == {
        LocationFeature.PICKUP: [2, 5],
        LocationFeature.DROPOFF: [1, 7],
    }


@pytest.mark.parametrize("location", list(LocationFeature))
def test_values_by_code_spread_over_pickups_down_and_dropoffs_across(location: LocationFeature) -> None:
    grid = np.broadcast_to(by_route(location, np.arange(location.codes)), (266, 266))
    expected = {LocationFeature.PU_DO: 130 * 266 + 205, LocationFeature.PICKUP: 130, LocationFeature.DROPOFF: 205}
    assert grid[130, 205] == expected[location]


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        (npz(PULocationID=np.array([1])), "does not hold the locations of pu,do: 'DOLocationID"),
        (npz(PULocationID=np.array([1]), DOLocationID=np.array([-1])), "codes of DOLocationID are out of range"),
        (npz(PULocationID=np.array([-1, 5]), DOLocationID=np.array([1])), "codes of PULocationID are out of range"),
        (npz(PULocationID=np.array([266]), DOLocationID=np.array([1])), "codes of PULocationID are out of range"),
        (npz(PULocationID=np.array([1.0]), DOLocationID=np.array([1])), "codes of PULocationID are not one column"),
        (npz(PULocationID=np.ones(266, bool), DOLocationID=np.array([1])), "codes of PULocationID are not one column"),
        (npz(PULocationID=np.array([[1]]), DOLocationID=np.array([1])), "codes of PULocationID are not one column"),
        (npz(PULocationID=np.array(1), DOLocationID=np.array([1])), "codes of PULocationID are not one column"),
        (npz(PULocationID=np.array(["1"]), DOLocationID=np.array([1])), "codes of PULocationID are not one column"),
        (npz(PULocationID=np.array([{}]), DOLocationID=np.array([1])), "Object arrays cannot be loaded"),
        (b"", "does not hold the locations of pu,do"),
    ],
)
def test_a_damaged_file_is_corrupt(stored: bytes, message: str) -> None:
    with pytest.raises(ModelCorrupt) as refused:
        known_from_bytes(ZONES, stored)
    assert str(refused.value).startswith("known.npz")
    assert message in str(refused.value)


def test_a_single_array_is_corrupt() -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.arange(3))
    with pytest.raises(ModelCorrupt, match="does not hold the locations"):
        known_from_bytes(ZONES, buffer.getvalue())


def test_any_flipped_bit_or_cut_is_corrupt_or_changes_nothing() -> None:
    stored = npz(PULocationID=np.array([1, 5]), DOLocationID=np.array([2]))
    for place in range(len(stored)):
        flipped = bytearray(stored)
        flipped[place] ^= 1 << place % 8
        try:
            known = known_from_bytes(ZONES, bytes(flipped))
        except ModelCorrupt:
            pass
        else:
            assert known_to_bytes(known) == known_to_bytes(known_from_bytes(ZONES, stored))
        with pytest.raises(ModelCorrupt):
            known_from_bytes(ZONES, stored[:place])
