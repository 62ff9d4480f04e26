"""From input tensors to rides in columns, checked all at once by the rules of a ride.

Numbers are read as they stand, whatever width their datatype has; nothing is guessed from a string or a boolean.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np

from api.body import check_count
from api.problem import Problem
from api.v2.binary_tensors import binary_inputs, read_strings
from api.v2.messages import InferenceRequest, RequestInput
from api.v2.refusals import invalid_ride, malformed, quoted
from api.v2.tensors import DISTANCE, DROPOFF, DTYPES, PICKUP, REQUIRED, RIDE_ID
from scoring.errors import InvalidRide
from scoring.rides.columns import BoolArray, FloatArray, RideColumns
from scoring.rides.ride import FIRST_ZONE, LAST_ZONE, RIDE_ID_MAX_CHARACTERS, valid_miles, valid_ride_id, valid_zone

_CONTENT_TYPES: Final = (None, "np", "pd", "str")

_flat_numbers = msgspec.json.Decoder(list[int | float | None]).decode
_nested_numbers = msgspec.json.Decoder(list[tuple[int | float | None]]).decode
_flat_strings = msgspec.json.Decoder(list[str | None]).decode
_nested_strings = msgspec.json.Decoder(list[tuple[str | None]]).decode


@dataclass(frozen=True, slots=True)
class RideTensors:
    """n valid rides of one request.

    Attributes:
        columns: the rides.
        ride_ids: theirs, n of them; None where the request names none.
    """

    columns: RideColumns
    ride_ids: list[str] | None


def read_rides(request: InferenceRequest, binary: memoryview) -> RideTensors:
    """Read the rides of a request.

    Args:
        request: its JSON.
        binary: what follows it.

    Raises:
        Problem: a tensor is missing or cannot be read (400), too many rides (413), a ride breaks a rule (422).
    """
    binaries = binary_inputs(request, binary)
    tensors: dict[str, tuple[RequestInput, memoryview | None]] = {}
    for place, tensor in enumerate(request.inputs):
        if tensor.name in tensors:
            raise malformed(f"input {quoted(tensor.name)} is given twice")
        tensors[tensor.name] = (tensor, binaries.get(place))
    missing = [name for name in REQUIRED if name not in tensors]
    if missing:
        raise malformed(f"input {missing[0]!r} is missing; GET the model's metadata for what it takes")
    given = [*REQUIRED, RIDE_ID] if RIDE_ID in tensors else list(REQUIRED)
    rides = _number_of_rides([tensors[name][0] for name in given])
    columns = RideColumns(
        _zones(PICKUP, *tensors[PICKUP], rides),
        _zones(DROPOFF, *tensors[DROPOFF], rides),
        _miles(*tensors[DISTANCE], rides),
    )
    return RideTensors(columns, _ride_ids(*tensors[RIDE_ID], rides) if RIDE_ID in tensors else None)


def _number_of_rides(tensors: Sequence[RequestInput]) -> int:
    for tensor in tensors:
        if len(tensor.shape) not in (1, 2) or tensor.shape[1:] not in ([], [1]):
            raise malformed(f"input {tensor.name!r}: its shape must be [n] or [n, 1], not {_shown(tensor.shape)}")
        content_type = (tensor.parameters or {}).get("content_type")
        if content_type not in _CONTENT_TYPES:
            raise malformed(f"input {tensor.name!r}: its content_type must be np, pd or str, or left out")
    lengths = {tensor.name: tensor.shape[0] for tensor in tensors}
    if len(set(lengths.values())) > 1:
        counted = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise malformed(f"every input must have as many elements as the others; found {counted}")
    rides = tensors[0].shape[0]
    check_count(rides)
    return rides


def _zones(name: str, tensor: RequestInput, binary: memoryview | None, rides: int) -> Any:
    numbers, given = _numbers(tensor, binary, rides)
    valid = (numbers >= FIRST_ZONE) & (numbers <= LAST_ZONE) & (numbers == np.floor(numbers))
    _refuse_first(~valid, name, given, valid_zone)
    return numbers.astype(np.int64)


def _miles(tensor: RequestInput, binary: memoryview | None, rides: int) -> FloatArray:
    miles, given = _numbers(tensor, binary, rides)
    _refuse_first(~(np.isfinite(miles) & (miles >= 0)), DISTANCE, given, valid_miles)
    return miles


def _ride_ids(tensor: RequestInput, binary: memoryview | None, rides: int) -> list[str]:
    if tensor.datatype != "BYTES":
        raise malformed(f"input {RIDE_ID!r}: its datatype must be BYTES, not {tensor.datatype}")
    if binary is None:
        given = _elements(tensor, rides, _flat_strings, _nested_strings)
    else:
        given = _counted(tensor, read_strings(RIDE_ID, binary), rides)
    for place, ride_id in enumerate(given):
        if ride_id is None or not 1 <= len(ride_id) <= RIDE_ID_MAX_CHARACTERS:
            raise _refusal(place, RIDE_ID, ride_id, valid_ride_id)
    return given


def _numbers(tensor: RequestInput, binary: memoryview | None, rides: int) -> tuple[FloatArray, Any]:
    """A tensor of numbers as float64 of shape (rides,), null as NaN, and the same as they were given."""
    dtype = DTYPES.get(tensor.datatype)
    if dtype is None:
        raise malformed(f"input {tensor.name!r}: its datatype must be of numbers, not {tensor.datatype}")
    if binary is not None:
        if len(binary) != rides * dtype.itemsize:
            raise malformed(
                f"input {tensor.name!r}: {rides} elements of {tensor.datatype} are {rides * dtype.itemsize} bytes, "
                f"its binary_data_size is {len(binary)}"
            )
        elements = np.frombuffer(binary, dtype)
        with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN
            return elements.astype(np.float64), elements
    if not isinstance(tensor.data, msgspec.UnsetType) and bytes(tensor.data).count(b",") > rides:  # not worth decoding
        raise malformed(f"input {tensor.name!r}: its shape {_shown(tensor.shape)} makes {rides}, its data has more")
    given = _elements(tensor, rides, _flat_numbers, _nested_numbers)
    try:
        return np.array(given, np.float64), given
    except OverflowError:  # an integer beyond any float; the rules refuse it by its place
        return np.array([_as_float(number) for number in given]), given


def _as_float(number: float | None) -> float:
    try:
        return np.nan if number is None else float(number)
    except OverflowError:
        return np.inf


def _elements(tensor: RequestInput, rides: int, decode_flat: Any, decode_nested: Any) -> list[Any]:
    """A tensor's elements from its JSON, flat whether they were nested or not."""
    if isinstance(tensor.data, msgspec.UnsetType):
        wanted = "a JSON array, or binary_data_size with the binary tensor extension"
        raise malformed(f"input {tensor.name!r} has no data: give {wanted}")
    raw = bytes(tensor.data)
    nested = raw[1:].lstrip()[:1] == b"["
    if nested and len(tensor.shape) == 1:
        raise malformed(f"input {tensor.name!r}: its data is nested deeper than its shape {_shown(tensor.shape)}")
    try:
        elements = [element for (element,) in decode_nested(raw)] if nested else decode_flat(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed(f"input {tensor.name!r}: its data cannot be read as {tensor.datatype}: {error}") from None
    return _counted(tensor, elements, rides)


def _counted(tensor: RequestInput, elements: list[Any], rides: int) -> list[Any]:
    if len(elements) != rides:
        raise malformed(
            f"input {tensor.name!r}: its shape {_shown(tensor.shape)} makes {rides}, its data has {len(elements)}"
        )
    return elements


def _refuse_first(broken: BoolArray, field: str, given: Any, valid: Any) -> None:
    """Name the first ride that breaks a rule, if one does.

    Raises:
        Problem: one does.
    """
    if broken.any():
        place = int(broken.argmax())
        value = given[place]
        raise _refusal(place, field, value.item() if isinstance(value, np.generic) else value, valid)


def _refusal(place: int, field: str, value: Any, valid: Any) -> Problem:
    try:
        valid(field, value)
    except InvalidRide as error:
        return invalid_ride(place, error.field, error.reason)
    raise AssertionError(f"{field} of ride {place} is valid one by one, but not in an array")


def _shown(shape: list[int]) -> str:
    return str(shape) if len(shape) <= 4 else f"one of {len(shape)} dimensions"
