"""The ride, and the rules that make one valid.

Wire names (`PULocationID`) are kept as they are on topics, over HTTP and in the TLC's files.
"""

import math
from typing import Annotated, Any, Final

import msgspec

from scoring.errors import InvalidRide

FIRST_ZONE: Final = 1
LAST_ZONE: Final = 265  # 264 and 265 are the TLC's own "unknown"; real files hold both
RIDE_ID_MAX_CHARACTERS: Final = 128
SUSPECT_DISTANCE_MILES: Final = 100.0  # beyond what a New York taxi drives; scored all the same, and counted
SHORTEST_MINUTES: Final = 1.0  # models are trained and measured on rides that took 1 to 60 minutes
LONGEST_MINUTES: Final = 60.0

Zone = Annotated[int, msgspec.Meta(ge=FIRST_ZONE, le=LAST_ZONE)]
Miles = Annotated[float, msgspec.Meta(ge=0)]
RideId = Annotated[str, msgspec.Meta(min_length=1, max_length=RIDE_ID_MAX_CHARACTERS)]


class Ride(msgspec.Struct, frozen=True, gc=False):
    """One ride to score.

    Attributes:
        PULocationID: TLC taxi zone of the pick-up, 1 to 265.
        DOLocationID: TLC taxi zone of the drop-off, 1 to 265.
        trip_distance: miles, finite, zero or more.
        ride_id: 1 to 128 characters; unset, a door names the ride after where it came from.
    """

    PULocationID: Zone
    DOLocationID: Zone
    trip_distance: Miles
    ride_id: RideId | msgspec.UnsetType = msgspec.UNSET


def valid_zone(field: str, value: Any) -> int:
    """Return ``value`` as a zone; an integral float (130.0) is read as the integer, as real files have it.

    Raises:
        InvalidRide: naming ``field``, if it is anything but a whole number from 1 to 265.
    """
    wanted = f"must be a whole number from {FIRST_ZONE} to {LAST_ZONE}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidRide(field, f"{wanted}, not {described(value)}")
    if isinstance(value, float) and not value.is_integer():  # NaN and infinities included
        raise InvalidRide(field, f"{wanted}, not {described(value)}")
    if not FIRST_ZONE <= value <= LAST_ZONE:
        raise InvalidRide(field, f"{wanted}, not {described(value)}")
    return int(value)


def valid_miles(field: str, value: Any) -> float:
    """Return ``value`` as a distance in miles.

    Raises:
        InvalidRide: naming ``field``, if it is anything but a finite number, zero or more.
    """
    wanted = "must be a finite number of miles, zero or more"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidRide(field, f"{wanted}, not {described(value)}")
    try:
        miles = float(value)
    except OverflowError:
        raise InvalidRide(field, f"{wanted}, not {described(value)}") from None
    if not math.isfinite(miles) or miles < 0:
        raise InvalidRide(field, f"{wanted}, not {described(value)}")
    return miles


def valid_ride_id(field: str, value: Any) -> str:
    """Return ``value`` as a ride id.

    Raises:
        InvalidRide: naming ``field``, if it is anything but a string of 1 to 128 characters.
    """
    if not isinstance(value, str) or not 1 <= len(value) <= RIDE_ID_MAX_CHARACTERS:
        wanted = f"must be a string of 1 to {RIDE_ID_MAX_CHARACTERS} characters"
        found = f"one of {len(value)}" if isinstance(value, str) else described(value)
        raise InvalidRide(field, f"{wanted}, not {found}")
    return value


def described(value: Any) -> str:
    """Say what ``value`` is, in JSON's words and in bounded length, for an error message."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, str):
        return f"the string {_shortened(value)!r}"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, int) and value.bit_length() > 128:  # longer ones take quadratic time to print
        return f"a number of {value.bit_length()} bits"
    return _shortened(str(value))


def _shortened(text: str, most: int = 40) -> str:
    return text if len(text) <= most else f"{text[:most]}..."
