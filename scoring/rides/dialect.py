"""Which column of a file is which: the TLC's dialects (green, yellow, for-hire), plain ride columns, or names given.

Looks at names only; letter case is ignored, since the TLC's own files differ in it.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from scoring.errors import RideFileError


class Column(StrEnum):
    """A column that ridescore reads."""

    PICKUP = "pickup"
    DROPOFF = "dropoff"
    PULocationID = "PULocationID"
    DOLocationID = "DOLocationID"
    TRIP_DISTANCE = "trip_distance"
    RIDE_ID = "ride_id"


_NAMES: Final[dict[Column, tuple[str, ...]]] = {
    Column.PICKUP: ("lpep_pickup_datetime", "tpep_pickup_datetime", "pickup_datetime"),
    Column.DROPOFF: ("lpep_dropoff_datetime", "tpep_dropoff_datetime", "dropoff_datetime"),
    Column.PULocationID: ("PULocationID", "pickup_location_id"),
    Column.DOLocationID: ("DOLocationID", "dropoff_location_id"),
    Column.TRIP_DISTANCE: ("trip_distance", "trip_miles"),
    Column.RIDE_ID: ("ride_id",),
}
_MOST_LISTED: Final = 50


@dataclass(frozen=True, slots=True)
class Dialect:
    """The columns that were found.

    Attributes:
        name: ``green``, ``yellow``, ``for-hire`` or ``plain``.
        names: the file's own name for each column that it has.
    """

    name: str
    names: Mapping[Column, str]


def find_dialect(
    found: Iterable[str], where: str, needed: Iterable[Column], given: Mapping[Column, str] | None = None
) -> Dialect:
    """Match a file's columns.

    Args:
        found: the names of the file's columns.
        where: the file's name, for messages.
        needed: columns without which the file is of no use.
        given: the file's names for columns, where its dialect is its own.

    Raises:
        RideFileError: a needed column is missing (lists what was found and the closest names), or is there twice.
    """
    present = list(found)
    by_folded_name = {name.casefold(): name for name in reversed(present)}
    names: dict[Column, str] = {}
    for column, candidates in _NAMES.items():
        wanted = (given[column],) if given and column in given else candidates
        exact = [name for name in wanted if name in present]  # columns may differ in letter case alone
        folded = [by_folded_name[name.casefold()] for name in wanted if name.casefold() in by_folded_name]
        match = next(iter(exact + folded), None)
        if match is not None:
            if present.count(match) > 1:
                raise RideFileError(f"{where} has {present.count(match)} columns named {match}; rename all but one")
            names[column] = match
        elif column in needed or (given and column in given):
            raise RideFileError(_missing(column, wanted, present, where))
    return Dialect(_dialect_name(names, by_folded_name), names)


def _dialect_name(names: Mapping[Column, str], by_folded_name: Mapping[str, str]) -> str:
    pickup = names.get(Column.PICKUP, "").casefold()
    if pickup.startswith("lpep"):
        return "green"
    if pickup.startswith("tpep"):
        return "yellow"
    if by_folded_name.keys() & {"dispatching_base_num", "hvfhs_license_num"}:
        return "for-hire"
    return "plain"


def _missing(column: Column, wanted: tuple[str, ...], present: list[str], where: str) -> str:
    folded = {name.casefold(): name for name in present}
    close = {
        folded[match]
        for name in wanted
        for match in difflib.get_close_matches(name.casefold(), folded, n=2, cutoff=0.6)
    }
    nearest = f"; closest: {', '.join(sorted(close))}" if close else ""
    listed = ", ".join(present[:_MOST_LISTED]) + (" and more" if len(present) > _MOST_LISTED else "")
    return (
        f"{where} has no column {' or '.join(wanted)}{nearest}. It has: {listed or 'no columns'}. "
        f"Name yours with --column {column}=NAME"
    )
