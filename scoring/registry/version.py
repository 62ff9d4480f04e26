"""Reading one version's folder: manifest, digests, golden rides, and only then a model that may score."""

import re
from dataclasses import dataclass
from typing import Final

from scoring.errors import ModelCorrupt, ModelError, ModelNotFound
from scoring.models.artefacts import model_from_artefacts
from scoring.models.model import Model
from scoring.registry.golden import verify_golden_rides
from scoring.registry.manifest import MANIFEST_FILE, Artefact, Manifest, decode_manifest
from scoring.registry.storage import Storage

_ARTEFACT_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class LoadedVersion:
    """A verified version, ready to score."""

    manifest: Manifest
    model: Model


def read_manifest(storage: Storage, folder: str, where: str) -> Manifest:
    """Read the manifest of a version's folder, wherever that is; errors as :meth:`Registry.manifest`."""
    path = f"{folder}/{MANIFEST_FILE}" if folder else MANIFEST_FILE
    try:
        content = storage.read(path)
    except ModelNotFound:
        raise ModelNotFound(
            f"{where} is no model version: it has no {MANIFEST_FILE}; see `ridescore models list`"
        ) from None
    return decode_manifest(content, f"{where}/{MANIFEST_FILE}")


def load_version(storage: Storage, folder: str, where: str, manifest: Manifest) -> LoadedVersion:
    """Read the artefacts that a manifest names, verify them, and prove the model; errors as :meth:`Registry.load`."""
    files: dict[str, bytes] = {}
    for artefact in manifest.artefacts:
        name = f"{where}/{artefact.name}"
        if not _ARTEFACT_NAME.fullmatch(artefact.name):
            raise ModelCorrupt(f"{where}/{MANIFEST_FILE} names the file {artefact.name!r}, which no version has")
        try:
            content = storage.read(f"{folder}/{artefact.name}" if folder else artefact.name)
        except ModelNotFound:
            raise ModelCorrupt(f"{name} is missing; restore it, or train and register a new version") from None
        found = Artefact.of(artefact.name, content)
        if found.size_bytes != artefact.size_bytes:
            raise ModelCorrupt(
                f"{name} has {found.size_bytes} bytes, its manifest says {artefact.size_bytes}; "
                "restore it, or train and register a new version"
            )
        if found.sha256 != artefact.sha256:
            raise ModelCorrupt(
                f"{name} has changed: its sha256 begins {found.sha256[:12]}, its manifest says "
                f"{artefact.sha256[:12]}; restore it, or train and register a new version"
            )
        files[artefact.name] = content
    try:
        model = model_from_artefacts(manifest.kind, manifest.features, manifest.reads, files)
    except ModelError as error:
        raise type(error)(f"{where}: {error}") from error
    verify_golden_rides(model, manifest.golden, f"{where}/{MANIFEST_FILE}")
    return LoadedVersion(manifest, model)
