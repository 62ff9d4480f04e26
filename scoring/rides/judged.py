"""Which rows of Arrow columns are valid rides: the rules of the strict decoder, for many rows at once.

Held equal to the decoder by a property test. Text is read as the number that it writes, since CSV files have all text.
What pyarrow.compute and parsing are needed for is rare in parquet files, so they are imported where it comes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from scoring.errors import InvalidRide
from scoring.rides.arrow_arrays import numbers_of
from scoring.rides.columns import BoolArray, FloatArray, IntArray, RideColumns
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
    miles, sound_miles = _miles(sent["trip_distance"])
    found = {"PULocationID": sound_pickups, "DOLocationID": sound_dropoffs, "trip_distance": sound_miles}
    if sent.get("ride_id") is not None:
        found["ride_id"] = _sound_ids(sent["ride_id"])
    broken = {name: ~sound for name, sound in found.items() if sound is not None and not sound.all()}
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


def _zones(array: Any) -> tuple[IntArray, BoolArray | None]:
    """Zones as int64, 0 where one breaks the rule; and which do not, None where all are sound."""
    values = _values(_numbers(array), 0)
    is_whole = values.dtype.kind != "f"
    # The least and the greatest say of most batches that all is well, at a fraction of the cost of each row's verdict.
    if is_whole and len(values) and values.min() >= FIRST_ZONE and values.max() <= LAST_ZONE:
        return values.astype(np.int64, copy=False), None
    sound = (values >= FIRST_ZONE) & (values <= LAST_ZONE)
    if not is_whole:
        sound &= values == np.floor(values)
    if sound.all():
        return values.astype(np.int64, copy=False), None
    return np.where(sound, values, 0).astype(np.int64), sound


def _miles(array: Any) -> tuple[FloatArray, BoolArray | None]:
    """Distances as float64, NaN where there is none; and which are sound, None where all are."""
    array = _numbers(array)
    if array.null_count:
        array = array.cast(pa.float64(), safe=False)
    miles: FloatArray = _values(array, float("nan")).astype(np.float64, copy=False)
    if len(miles) and miles.min() >= 0 and miles.max() < np.inf:  # either is NaN where one of them is
        return miles, None
    sound: BoolArray = (miles >= 0) & (miles < np.inf)
    return miles, sound


def _values(array: Any, missing: float) -> Any:
    """The numbers of an array."""
    if array.null_count:
        import pyarrow.compute as pc

        array = pc.fill_null(array, missing)
    return numbers_of(array)


def _numbers(array: Any) -> Any:
    kind = array.type
    if pa.types.is_integer(kind) or pa.types.is_float32(kind) or pa.types.is_float64(kind):
        return array
    from scoring.rides.parsing import as_miles

    return as_miles(array)


def _sound_ids(array: Any) -> BoolArray:
    kind = array.type
    if pa.types.is_dictionary(kind):
        array = array.dictionary_decode()
        kind = array.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        import pyarrow.compute as pc

        lengths = pc.fill_null(pc.utf8_length(array.cast(pa.large_string())), 1).to_numpy(zero_copy_only=False)
        sound: BoolArray = (lengths >= 1) & (lengths <= RIDE_ID_MAX_CHARACTERS)
        return sound
    unset: BoolArray = array.is_null().to_numpy(zero_copy_only=False)
    return unset
