"""The registry: write, list, load and activate model versions.

    ACTIVE                          {"version", "previous", "generation"}, replaced atomically: the truth
    versions/<version>/manifest.json and the artefacts it names, never changed

A version can score only after sizes, digests and golden rides have been verified.
"""

import hashlib
import re
from typing import Final

import msgspec

from scoring.errors import ModelCorrupt, ModelError, ModelNotFound
from scoring.models.model import Model
from scoring.registry.active import ACTIVE_FILE, Active, decode_active, encode_active
from scoring.registry.manifest import MANIFEST_FILE, Artefact, Manifest, decode_manifest, encode_manifest
from scoring.registry.storage import Storage, open_storage
from scoring.registry.version import LoadedVersion, load_version, read_manifest

_VERSIONS: Final = "versions"
_VERSION_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Registry:
    """Versions at one location.

    Args:
        location: a directory, which need not exist yet, or an fsspec URL.
    """

    def __init__(self, location: str) -> None:
        self.location = location
        self._storage: Storage = open_storage(location)

    def versions(self) -> list[str]:
        """The names of all versions, oldest first (they begin with their time)."""
        return [name for name in self._storage.folders(_VERSIONS, MANIFEST_FILE) if _VERSION_NAME.fullmatch(name)]

    def active(self) -> Active | None:
        """The active version, or None where none has been activated.

        Raises:
            ModelCorrupt: ACTIVE is damaged.
        """
        try:
            content = self._storage.read(ACTIVE_FILE)
        except ModelNotFound:
            return None
        return decode_active(content, f"{self.location}/{ACTIVE_FILE}")

    def manifest(self, version: str) -> Manifest:
        """The manifest of a version; its artefacts are not looked at.

        Raises:
            ModelNotFound: there is no such version.
            ModelCorrupt, ModelIncompatible: see :func:`decode_manifest`.
        """
        manifest = read_manifest(self._storage, self._folder(version), self._where(version))
        if manifest.version != version:
            raise ModelCorrupt(
                f"{self._where(version)}/{MANIFEST_FILE} is the manifest of {manifest.version}; the folder was renamed "
                "or copied: restore it, or train and register a new version"
            )
        return manifest

    def load(self, version: str) -> LoadedVersion:
        """Read a version and verify it.

        Raises:
            ModelNotFound: there is no such version.
            ModelCorrupt: a file is missing, truncated or changed, or a golden ride disagrees.
            ModelIncompatible: this release or environment cannot score with it.
        """
        manifest = self.manifest(version)
        return load_version(self._storage, self._folder(version), self._where(version), manifest)

    def chosen(self) -> Active:
        """The active version, which must be there.

        Raises:
            ModelNotFound: none has been activated.
            ModelCorrupt: ACTIVE is damaged.
        """
        active = self.active()
        if active is None:
            raise ModelNotFound(
                f"the registry {self.location} has no active version; train one with "
                f"`ridescore train --data FILE --registry {self.location} --activate`"
                + (", or choose one with `ridescore models activate`" if self.versions() else "")
            )
        return active

    def verify_active(self) -> None:
        """See that ACTIVE, where there is one, names a version that is there; what is in that version is not looked at.

        Raises:
            ModelNotFound: it names one that is not there.
            ModelCorrupt: it is damaged.
        """
        active = self.active()
        if active is not None and active.version not in self.versions():
            raise ModelNotFound(
                f"{self.location}/{ACTIVE_FILE} names {active.version}, which is not there; activate one that is: "
                "ridescore models activate VERSION"
            )

    def load_chosen(self, active: Active) -> LoadedVersion:
        """Read and verify the version that ACTIVE named; raises as :meth:`load`."""
        try:
            return self.load(active.version)
        except ModelNotFound as error:
            raise ModelNotFound(
                f"{self.location}/{ACTIVE_FILE} names a version that is not there: {error}, "
                "then activate one that is: ridescore models activate VERSION"
            ) from error

    def load_active(self) -> LoadedVersion:
        """Read and verify the active version; raises as :meth:`chosen` and :meth:`load`."""
        return self.load_chosen(self.chosen())

    def write(self, draft: Manifest, model: Model) -> Manifest:
        """Write a version: its id is made from the draft's time of creation and its content.

        Args:
            draft: whose ``version`` and ``artefacts`` are still empty.
            model: what the version holds.

        Raises:
            ModelError: it exists already, or could not be written; nothing was registered.
        """
        files = model.artefacts()
        artefacts = [Artefact.of(name, content) for name, content in sorted(files.items())]
        described = msgspec.structs.replace(draft, artefacts=artefacts)
        digest = hashlib.sha256(encode_manifest(described)).hexdigest()
        moment = re.sub(r"[-:]", "", draft.created)[:15].replace("T", "-")
        manifest = msgspec.structs.replace(described, version=f"{moment}-{digest[:6]}")
        where, content = self._where(manifest.version), encode_manifest(manifest)
        try:
            decode_manifest(content, where)
        except ModelCorrupt as error:
            raise ModelError(
                f"cannot write {where}: its manifest would not be readable, as where a metric or a golden ride is not "
                f"finite ({error.__cause__}); nothing was registered"
            ) from error
        self._storage.write_folder(
            self._folder(manifest.version), {**files, MANIFEST_FILE: content}, last=MANIFEST_FILE
        )
        return manifest

    def activate(self, version: str) -> Active:
        """Verify a version, then make it the active one.

        Raises:
            ModelError: as :meth:`load`; the version that was active stays.
        """
        self.load(version)
        with self._storage.lock():
            return self._replace_active(version)

    def rollback(self) -> Active:
        """Verify the version that was active before, then make it active again.

        Raises:
            ModelNotFound: there was none before.
            ModelError: as :meth:`load`; the version that is active stays.
        """
        with self._storage.lock():
            active = self.active()
            if active is None or active.previous is None:
                raise ModelNotFound(f"the registry {self.location} has no version before this one to roll back to")
            self.load(active.previous)
            return self._replace_active(active.previous)

    def _replace_active(self, version: str) -> Active:
        try:
            before = self.active()
        except ModelCorrupt:
            before = None  # a damaged ACTIVE is mended by this very command
        if before is not None and before.version == version:
            return before
        after = Active(version, before.version if before else None, before.generation + 1 if before else 1)
        self._storage.replace(ACTIVE_FILE, encode_active(after))
        return after

    def _folder(self, version: str) -> str:
        if not _VERSION_NAME.fullmatch(version):
            raise ModelNotFound(f"{version!r} is no version's name; see `ridescore models list`")
        return f"{_VERSIONS}/{version}"

    def _where(self, version: str) -> str:
        return f"{self.location}/{self._folder(version)}"
