"""The manifest of a model version: everything that is known of it, and the digests that its files must have.

Read strictly: a field that this release does not know is refused rather than ignored.
"""

import hashlib
from typing import Final

import msgspec

from scoring.errors import ModelCorrupt, ModelIncompatible
from scoring.registry.histogram import Histogram
from scoring.rides.ride import Ride

MANIFEST_FILE: Final = "manifest.json"
FORMAT: Final = 1


class RideFileRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that a version was trained or validated on.

    Attributes:
        rows_kept: rows of 1 to 60 minutes, bounds included, which obey the rules of a ride.
    """

    name: str
    sha256: str
    size_bytes: int
    rows_read: int
    rows_kept: int


class Metrics(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How well durations are predicted over n rides; bias is the mean of predicted minus actual."""

    rides: int
    rmse_minutes: float
    mae_minutes: float
    bias_minutes: float


class Artefact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of the version, and what its bytes must be."""

    name: str
    size_bytes: int
    sha256: str

    @classmethod
    def of(cls, name: str, content: bytes) -> "Artefact":
        """Describe ``content`` as the file ``name``."""
        return cls(name, len(content), hashlib.sha256(content).hexdigest())


class GoldenRide(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ride, and the duration in minutes that the version gave it when it was written."""

    ride: Ride
    duration_minutes: float
    known_route: bool


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a version is.

    Attributes:
        format: of this file; 1.
        name: of the model, shared by its versions.
        version: of this one; also the name of its folder.
        kind: ``linear`` or ``estimator``.
        features: the name of its feature set.
        reads: what an estimator's first step takes: ``dicts`` or ``codes``; ``codes`` for the linear kind.
        created: RFC 3339, UTC.
        algorithm: the regressor's class.
        parameters: what it was fitted with.
        training: the files it was trained on.
        validation: the files it was validated on.
        metrics: by ``training`` and, where there were validation files, ``validation``.
        artefacts: the version's other files.
        libraries: the versions of what trained it.
        max_training_miles: longer rides were left out of training; None where none were.
        histograms: of training predictions (``predicted_minutes``) and features, by name.
        golden: rides whose durations prove that it scores as it did.
    """

    format: int
    name: str
    version: str
    kind: str
    features: str
    reads: str
    created: str
    algorithm: str
    parameters: dict[str, str | int | float | bool | None]
    training: list[RideFileRecord]
    validation: list[RideFileRecord]
    metrics: dict[str, Metrics]
    artefacts: list[Artefact]
    libraries: dict[str, str]
    max_training_miles: float | None
    histograms: dict[str, Histogram]
    golden: list[GoldenRide]


class _Format(msgspec.Struct):
    format: int


def encode_manifest(manifest: Manifest) -> bytes:
    """Encode as indented JSON: people read it too."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def decode_manifest(content: bytes, where: str) -> Manifest:
    """Read a manifest.

    Args:
        content: of the file.
        where: the file's name, for messages.

    Raises:
        ModelCorrupt: it is not a manifest.
        ModelIncompatible: it is one of a later format.
    """
    try:
        found = msgspec.json.decode(content, type=_Format).format
        if found > FORMAT:
            raise ModelIncompatible(
                f"{where} is of format {found}, this release reads up to {FORMAT}: upgrade ridescore"
            )
        return msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ModelCorrupt(f"{where} is damaged ({error}); restore it, or train and register a new version") from error
