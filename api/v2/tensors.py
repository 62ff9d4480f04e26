"""The model's signature in the protocol's words: the tensors that it takes and those that it gives."""

from typing import Any, Final

import numpy as np

from api.v2.messages import MetadataTensor

PICKUP: Final = "PULocationID"
DROPOFF: Final = "DOLocationID"
DISTANCE: Final = "trip_distance"
RIDE_ID: Final = "ride_id"
DURATION: Final = "duration"
KNOWN_ROUTE: Final = "known_route"

INPUTS: Final = [
    MetadataTensor(PICKUP, "INT64", [-1]),
    MetadataTensor(DROPOFF, "INT64", [-1]),
    MetadataTensor(DISTANCE, "FP64", [-1]),
    MetadataTensor(RIDE_ID, "BYTES", [-1]),
]
OUTPUTS: Final = [
    MetadataTensor(DURATION, "FP64", [-1]),
    MetadataTensor(KNOWN_ROUTE, "BOOL", [-1]),
    MetadataTensor(RIDE_ID, "BYTES", [-1]),
]
OUTPUT_NAMES: Final = tuple(each.name for each in OUTPUTS)
REQUIRED: Final = (PICKUP, DROPOFF, DISTANCE)

DTYPES: Final[dict[str, np.dtype[Any]]] = {
    "UINT8": np.dtype("u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "UINT64": np.dtype("<u8"),
    "INT8": np.dtype("i1"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "FP16": np.dtype("<f2"),
    "FP32": np.dtype("<f4"),
    "FP64": np.dtype("<f8"),
}
"""The datatypes that a number of a ride may have, and their elements in binary."""
