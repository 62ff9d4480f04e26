"""Features: the dict that a vectorizer reads and the codes that arrays use say the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import ModelIncompatible
from scoring.features import (
    DEFAULT_FEATURE_SET,
    DISTANCE,
    FEATURE_SETS,
    ROUTE_CODES,
    FeatureSet,
    LocationFeature,
    feature_set,
)
from scoring.rides.columns import RideColumns
from scoring.rides.ride import Ride

LOCATIONS = list(LocationFeature)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pu_do+distance", {"PU_DO": "130_205", "trip_distance": 3.66}),
        ("pu,do,distance", {"PULocationID": "130", "DOLocationID": "205", "trip_distance": 3.66}),
        ("pu,do", {"PULocationID": "130", "DOLocationID": "205"}),
    ],
)
def test_each_feature_set_gives_the_dict_of_the_course(name: str, expected: dict[str, str | float]) -> None:
    assert feature_set(name).features_of(Ride(130, 205, 3.66, "ignored")) == expected


def test_the_default_is_the_route_and_the_distance() -> None:
    assert DEFAULT_FEATURE_SET == "pu_do+distance"
    assert all(feature_set(name).name == name for name in FEATURE_SETS)


def test_an_unknown_feature_set_is_refused_with_those_there_are() -> None:
    with pytest.raises(ModelIncompatible, match=r"'pu_do'.*'pu_do\+distance', 'pu,do,distance', 'pu,do'"):
        feature_set("pu_do")


@given(st.from_type(Ride), st.sampled_from(LOCATIONS))
def test_the_category_of_a_ride_and_its_code_are_inverse(ride: Ride, location: LocationFeature) -> None:
    code = int(location.codes_of(RideColumns.of([ride]))[0])
    assert 0 <= code < location.codes
    assert location.value_of_code(code) == location.value_of(ride)
    assert location.code_of_value(location.value_of(ride)) == code


@pytest.mark.parametrize("location", [LocationFeature.PICKUP, LocationFeature.DROPOFF])
def test_every_zone_has_its_own_code(location: LocationFeature) -> None:
    codes = [location.code_of_value(str(zone)) for zone in range(1, 266)]
    assert codes == list(range(1, 266))
    assert [location.value_of_code(code) for code in codes] == [str(zone) for zone in range(1, 266)]


def test_every_route_has_its_own_code() -> None:
    routes = [f"{pickup}_{dropoff}" for pickup in range(1, 266) for dropoff in range(1, 266)]
    codes = [LocationFeature.PU_DO.code_of_value(route) for route in routes]
    assert len(set(codes)) == 265 * 265
    assert max(codes) < ROUTE_CODES
    assert [LocationFeature.PU_DO.value_of_code(code) for code in codes] == routes


@pytest.mark.parametrize(
    "value",
    [
        "130.0_205.0",
        "0_1",
        "1_0",
        "266_1",
        "1_266",
        "1",
        "1_2_3",
        "",
        "_",
        "1_",
        "_1",
        "01_2",
        "1_02",
        "-1_2",
        "+1_2",
        " 1_2",
        "1 _2",
        "1_2\n",
        "1-2",
        "a_b",
        "nan_nan",
        "None_1",
        "²_1",
        "\u0661_1",  # an Arabic one
        pytest.param("9" * 5_000 + "_1", id="5000 digits"),  # more than int() reads
    ],
)
def test_a_route_that_no_ride_has_is_refused(value: str) -> None:
    with pytest.raises(ModelIncompatible) as refused:
        LocationFeature.PU_DO.code_of_value(value)
    assert f"PU_DO={value}, which no ride has" in str(refused.value)
    assert "train with ids as whole numbers 1 to 265" in str(refused.value)


@pytest.mark.parametrize("location", [LocationFeature.PICKUP, LocationFeature.DROPOFF])
@pytest.mark.parametrize("value", ["", "0", "266", "130.0", "01", "1_2", "-1", "x", "٣", "9" * 30])
def test_a_zone_that_no_ride_has_is_refused(location: LocationFeature, value: str) -> None:
    with pytest.raises(ModelIncompatible, match=f"{location.value}={value}, which no ride has"):
        location.code_of_value(value)


@given(st.from_type(RideColumns), st.sampled_from(list(FEATURE_SETS.values())))
def test_the_code_matrix_holds_what_the_dicts_say(columns: RideColumns, features: FeatureSet) -> None:
    matrix = features.code_matrix(columns)
    assert matrix.dtype == np.float64
    assert matrix.shape == (len(columns), len(features.locations) + features.uses_distance)
    for ride, row in zip(columns.rides(), matrix.tolist(), strict=True):
        told = {
            location.value: location.value_of_code(int(code))
            for location, code in zip(features.locations, row, strict=False)
        }
        assert told | ({DISTANCE: row[-1]} if features.uses_distance else {}) == features.features_of(ride)
