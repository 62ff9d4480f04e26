"""Which rows of Arrow columns are valid rides: the rules of the strict decoder, for many rows at once.

Held equal to the decoder by a property test. Text is read as the number that it writes, since CSV files have all text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scoring.errors import InvalidRide
from scoring.rides.columns import BoolArray, FloatArray, IntArray, RideColumns
from scoring.rides.parsing import as_miles
from scoring.rides.ride import FIRST_ZONE, LAST_ZONE, RIDE_ID_MAX_CHARACTERS, valid_miles, valid_ride_id, valid_zone

RULES: Final = {
    "PULocationID": valid_zone,
    "DOLocationID": valid_zone,
    "trip_distance": valid_miles,
    "ride_id": valid_ride_id,
}


@dataclass(frozen=True, slots=True)
class JudgedRides:
    """n rows, each a valid ride or not.

    Attributes:
        columns: of all rows; zones that break the rule are 0, distances that do may be anything.
        sound: bool, shape (n,).
        broken: for each field that breaks its rule in some row, where it does: bool, shape (n,).
    """

    columns: RideColumns
    sound: BoolArray
    broken: Mapping[str, BoolArray]


def judge(sent: Mapping[str, Any]) -> JudgedRides:
    """Judge rows.

    Args:
        sent: Arrow arrays of one length and any type by wire name; ``ride_id`` may be missing, and null where unset.
    """
    pickups, sound_pickups = _zones(sent["PULocationID"])
    dropoffs, sound_dropoffs = _zones(sent["DOLocationID"])
    miles = _miles(sent["trip_distance"])
    sound_by_field = {
        "PULocationID": sound_pickups,
        "DOLocationID": sound_dropoffs,
        "trip_distance": (miles >= 0) & (miles < np.inf),
    }
    if sent.get("ride_id") is not None:
        sound_by_field["ride_id"] = _sound_ids(sent["ride_id"])
    broken = {name: ~sound for name, sound in sound_by_field.items() if not sound.all()}
    sound = np.ones(len(miles), dtype=np.bool_)
    for each in broken.values():
        sound &= ~each
    return JudgedRides(RideColumns(pickups, dropoffs, miles), sound, broken)


def fault_of(field: str, value: Any) -> InvalidRide:
    """What is wrong with a value that breaks its field's rule, in the words of every door."""
    try:
        RULES[field](field, value)
    except InvalidRide as error:
        return error
    raise AssertionError(f"{field} {value!r} was refused, yet breaks no rule")


def _zones(array: Any) -> tuple[IntArray, BoolArray]:
    """Zones as int64, 0 where one breaks the rule, and where none does."""
    array = _numbers(array)
    values: FloatArray = (pc.fill_null(array, 0) if array.null_count else array).to_numpy(zero_copy_only=False)
    sound = (values >= FIRST_ZONE) & (values <= LAST_ZONE)
    if values.dtype.kind == "f":
        sound &= values == np.floor(values)
    if sound.all():
        return values.astype(np.int64, copy=False), sound
    return np.where(sound, values, 0).astype(np.int64), sound


def _miles(array: Any) -> FloatArray:
    """Distances as float64; NaN where there is none."""
    array = _numbers(array)
    if array.null_count:
        array = pc.fill_null(array.cast(pa.float64(), safe=False), float("nan"))
    miles: FloatArray = array.to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
    return miles


def _numbers(array: Any) -> Any:
    kind = array.type
    if pa.types.is_integer(kind) or pa.types.is_float32(kind) or pa.types.is_float64(kind):
        return array
    return as_miles(array)


def _sound_ids(array: Any) -> BoolArray:
    kind = array.type
    if pa.types.is_dictionary(kind):
        array = array.dictionary_decode()
        kind = array.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        lengths = pc.fill_null(pc.utf8_length(array.cast(pa.large_string())), 1).to_numpy(zero_copy_only=False)
        sound: BoolArray = (lengths >= 1) & (lengths <= RIDE_ID_MAX_CHARACTERS)
        return sound
    unset: BoolArray = array.is_null().to_numpy(zero_copy_only=False)
    return unset
