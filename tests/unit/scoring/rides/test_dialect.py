"""Which column of a file is which, by the names that real files have."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.errors import RideFileError
from scoring.rides.dialect import Column, Dialect, find_dialect

ZONES = (Column.PULocationID, Column.DOLocationID)
ALL_BUT_ID = (Column.PICKUP, Column.DROPOFF, *ZONES, Column.TRIP_DISTANCE)

GREEN = ["VendorID", "lpep_pickup_datetime", "lpep_dropoff_datetime", "PULocationID", "DOLocationID", "trip_distance"]
YELLOW = ["VendorID", "tpep_pickup_datetime", "tpep_dropoff_datetime", "trip_distance", "PULocationID", "DOLocationID"]
YELLOW_SAMPLE = [
    "vendor_id",
    "pickup_datetime",
    "dropoff_datetime",
    "trip_distance",
    "pickup_location_id",
    "dropoff_location_id",
]
HIGH_VOLUME = [
    "hvfhs_license_num",
    "dispatching_base_num",
    "request_datetime",
    "pickup_datetime",
    "dropoff_datetime",
    "PULocationID",
    "DOLocationID",
    "trip_miles",
]
FOR_HIRE = ["dispatching_base_num", "pickup_datetime", "dropOff_datetime", "PUlocationID", "DOlocationID", "SR_Flag"]


@pytest.mark.parametrize(
    ("found", "name"),
    [
        (GREEN, "green"),
        (YELLOW, "yellow"),
        (YELLOW_SAMPLE, "plain"),
        (HIGH_VOLUME, "for-hire"),
        (FOR_HIRE, "for-hire"),
        (["PULocationID", "DOLocationID", "trip_distance", "ride_id"], "plain"),
    ],
)
def test_each_dialect_is_named(found: list[str], name: str) -> None:
    assert find_dialect(found, "x.parquet", ZONES).name == name


def test_green_columns_are_found() -> None:
    assert find_dialect(GREEN, "x.parquet", ALL_BUT_ID) == Dialect(
        "green",
        {
            Column.PICKUP: "lpep_pickup_datetime",
            Column.DROPOFF: "lpep_dropoff_datetime",
            Column.PULocationID: "PULocationID",
            Column.DOLocationID: "DOLocationID",
            Column.TRIP_DISTANCE: "trip_distance",
        },
    )


def test_high_volume_pickup_is_not_the_request() -> None:
    names = find_dialect(HIGH_VOLUME, "x.parquet", ALL_BUT_ID).names
    assert names[Column.PICKUP] == "pickup_datetime"
    assert names[Column.TRIP_DISTANCE] == "trip_miles"


def test_for_hire_names_keep_the_files_letter_case() -> None:
    names = find_dialect(FOR_HIRE, "x.parquet", (Column.DROPOFF, *ZONES)).names
    assert names[Column.DROPOFF] == "dropOff_datetime"
    assert (names[Column.PULocationID], names[Column.DOLocationID]) == ("PUlocationID", "DOlocationID")
    assert Column.TRIP_DISTANCE not in names


def test_for_hire_without_distance_is_refused_where_distance_is_needed() -> None:
    with pytest.raises(RideFileError, match=r"x\.parquet has no column trip_distance or trip_miles"):
        find_dialect(FOR_HIRE, "x.parquet", ALL_BUT_ID)


def test_a_missing_column_lists_what_was_found_and_the_closest() -> None:
    with pytest.raises(RideFileError) as caught:
        find_dialect(["PULocation", "DOLocationID", "fare_amount"], "rides.parquet", ZONES)
    assert str(caught.value) == (
        "rides.parquet has no column PULocationID or pickup_location_id; closest: DOLocationID, PULocation. "
        "It has: PULocation, DOLocationID, fare_amount. Name yours with --column PULocationID=NAME"
    )


def test_a_file_of_no_columns_says_so() -> None:
    with pytest.raises(RideFileError, match="It has: no columns"):
        find_dialect([], "x.csv", ZONES)


def test_a_list_of_very_many_columns_is_cut_short() -> None:
    with pytest.raises(RideFileError, match=r"c48, c49 and more\. Name yours"):
        find_dialect([f"c{number}" for number in range(2_000)], "x.csv", ZONES)


def test_columns_that_are_not_needed_may_be_absent() -> None:
    assert find_dialect(["fare"], "x.csv", ()).names == {}


def test_names_given_by_the_caller_win_over_known_ones() -> None:
    found = ["PULocationID", "DOLocationID", "from_zone", "far"]
    names = find_dialect(
        found, "x.csv", ALL_BUT_ID[2:], {Column.PULocationID: "from_zone", Column.TRIP_DISTANCE: "FAR"}
    ).names
    assert names == {
        Column.PULocationID: "from_zone",
        Column.DOLocationID: "DOLocationID",
        Column.TRIP_DISTANCE: "far",
    }


def test_a_given_name_that_is_absent_is_refused_though_the_column_is_not_needed() -> None:
    with pytest.raises(RideFileError, match="no column far; closest: fare"):
        find_dialect(["PULocationID", "DOLocationID", "fare"], "x.csv", ZONES, {Column.TRIP_DISTANCE: "far"})


def test_of_names_that_differ_in_case_alone_the_exact_one_wins() -> None:
    found = ["ZONE", "zone", "DOLocationID"]
    assert find_dialect(found, "x", ZONES, {Column.PULocationID: "zone"}).names[Column.PULocationID] == "zone"
    assert find_dialect(found, "x", ZONES, {Column.PULocationID: "Zone"}).names[Column.PULocationID] == "ZONE"


def test_a_needed_column_that_is_there_twice_is_refused() -> None:
    with pytest.raises(RideFileError, match=r"x\.csv has 2 columns named DOLocationID; rename all but one"):
        find_dialect(["PULocationID", "DOLocationID", "DOLocationID"], "x.csv", ZONES)


def test_other_columns_may_be_there_twice() -> None:
    assert len(find_dialect(["PULocationID", "DOLocationID", "fare", "fare"], "x.csv", ZONES).names) == 2


@settings(deadline=None)
@given(st.permutations([*GREEN, "fare", "", "données"]), st.sampled_from([str.upper, str.lower, str]))
def test_neither_order_nor_letter_case_of_columns_matters(found: list[str], case: type[str]) -> None:
    dialect = find_dialect([case(name) for name in found], "x", ALL_BUT_ID)
    assert dialect.name == "green"
    assert {column: name.casefold() for column, name in dialect.names.items()} == {
        Column.PICKUP: "lpep_pickup_datetime",
        Column.DROPOFF: "lpep_dropoff_datetime",
        Column.PULocationID: "pulocationid",
        Column.DOLocationID: "dolocationid",
        Column.TRIP_DISTANCE: "trip_distance",
    }


@settings(deadline=None)
@given(st.lists(st.text(max_size=20) | st.sampled_from(GREEN + FOR_HIRE), unique=True, max_size=20))
def test_any_names_give_a_dialect_or_a_ride_file_error(found: list[str]) -> None:
    folded = {name.casefold() for name in found}
    if folded & {"pulocationid", "pickup_location_id"} and folded & {"dolocationid", "dropoff_location_id"}:
        assert set(find_dialect(found, "x", ZONES).names.values()) <= set(found)
    else:
        with pytest.raises(RideFileError, match="x has no column"):
            find_dialect(found, "x", ZONES)
