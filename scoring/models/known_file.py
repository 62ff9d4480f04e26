"""The file that keeps a version's known locations: plain int64 arrays, one a location feature."""

import io
from typing import Final

import numpy as np

from scoring.errors import ModelCorrupt
from scoring.features import FeatureSet
from scoring.models.known import KnownLocations

KNOWN_FILE: Final = "known.npz"


def known_to_bytes(known: KnownLocations) -> bytes:
    """Write as npz; equal locations give equal bytes."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{location.value: codes for location, codes in known.codes.items()})
    return buffer.getvalue()


def known_from_bytes(features: FeatureSet, stored: bytes) -> KnownLocations:
    """Read what :func:`known_to_bytes` wrote.

    Raises:
        ModelCorrupt: a column is missing, or holds codes that no ride has.
    """
    try:
        with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
            known = KnownLocations({location: arrays[location.value] for location in features.locations})
    except Exception as error:  # a damaged archive raises zip, zlib, array and key errors alike
        raise ModelCorrupt(f"{KNOWN_FILE} does not hold the locations of {features.name}: {error}") from error
    for location, codes in known.codes.items():
        if codes.dtype != np.int64 or codes.ndim != 1:
            raise ModelCorrupt(f"{KNOWN_FILE}: codes of {location.value} are not one column of whole numbers")
        if len(codes) and not 0 <= codes.min() <= codes.max() < location.codes:
            raise ModelCorrupt(f"{KNOWN_FILE}: codes of {location.value} are out of range")
    return known
