"""Which model a door scores with: MODEL_PATH where it is set, else the registry's active version.

Seen before it is loaded, and cheaply, so that a follower can look often.
"""

import hashlib
import logging
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path

from scoring.errors import ModelError, ModelNotFound
from scoring.models.pickled import VECTORIZER_FILE, read_pickled_model
from scoring.registry.active import ACTIVE_FILE
from scoring.registry.manifest import MANIFEST_FILE
from scoring.registry.registry import Registry
from scoring.registry.storage import open_storage
from scoring.registry.version import LoadedVersion, load_version, read_manifest
from scoring.scorer import Scorer
from scoring.settings.model_settings import ModelSettings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Choice:
    """The model that is chosen at this moment, not yet loaded.

    Attributes:
        stamp: differs when something else may be chosen; costs a small file's reading or less.
        content: what is chosen, whole; the same content is the same model. May read all of it; raises ModelError.
        load: verified and ready to score; raises ModelError.
        generation: how often the choice has changed, where a registry counts that.
        written_in_place: whether its writer may be half done, as with a pickle.
    """

    stamp: Hashable
    content: Callable[[], Hashable]
    load: Callable[[], Scorer]
    generation: int | None = None
    written_in_place: bool = False


def choose(settings: ModelSettings) -> Choice:
    """See which model the settings name now.

    Raises:
        ModelNotFound: there is none there, or the registry has no active version.
        ModelError: what says so is damaged or cannot be read.
    """
    if not settings.path:
        return _active_version(settings.registry)
    if "://" not in settings.path:
        path = Path(settings.path)
        try:
            is_version, is_registry = (path / MANIFEST_FILE).is_file(), (path / ACTIVE_FILE).is_file()
            is_folder = path.is_dir()
        except OSError as error:
            raise ModelError(f"cannot read MODEL_PATH={path}: {error.strerror}") from error
        if is_version:
            return _version_folder(path)
        if is_folder and not is_registry:
            raise ModelNotFound(
                f"MODEL_PATH={path} is a folder without {MANIFEST_FILE} and without {ACTIVE_FILE}: "
                "neither a model version nor a registry with an active one"
            )
        if not is_folder:
            return _pickle(path)
    return _active_version(settings.path)


def load_scorer(settings: ModelSettings) -> Scorer:
    """Load and verify the model that the settings name, for good.

    Raises:
        ModelNotFound: there is none there, or the registry has no active version.
        ModelCorrupt, ModelIncompatible: there is one that cannot score.
    """
    return choose(settings).load()


def _active_version(location: str) -> Choice:
    registry = Registry(location)
    active = registry.chosen()
    return Choice(
        stamp=(location, active),
        content=lambda: (location, active.version),
        load=lambda: scorer_of(registry.load_chosen(active)),
        generation=active.generation,
    )


def _version_folder(path: Path) -> Choice:
    where = str(path)
    storage = open_storage(where)
    manifest = read_manifest(storage, "", where)
    # Files that were restored after a failed loading must be seen, so their times count beside the manifest.
    files = tuple((artefact.name, _times(path / artefact.name)) for artefact in manifest.artefacts)
    return Choice(
        stamp=(where, _times(path / MANIFEST_FILE), manifest.version, files),
        content=lambda: (where, storage.read(MANIFEST_FILE)),
        load=lambda: scorer_of(load_version(storage, "", where, manifest)),
        written_in_place=True,
    )


def _pickle(path: Path) -> Choice:
    files = (path, path.with_name(VECTORIZER_FILE))
    return Choice(
        stamp=tuple((str(file), _times(file)) for file in files),
        content=lambda: tuple(_digest(file) for file in files),
        load=lambda: _pickled_scorer(path),
        written_in_place=True,
    )


def _pickled_scorer(path: Path) -> Scorer:
    pickled = read_pickled_model(path)
    log.info("model file read", extra={"model_version": pickled.version, "sha256": pickled.sha256})
    return Scorer(pickled.model, pickled.version)


def _times(file: Path) -> tuple[int, ...] | None:
    try:
        found = file.stat()
    except OSError:  # loading says what is wrong with it
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino, found.st_dev


def _digest(file: Path) -> str | None:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ModelError(f"cannot read the model file {file}: {error.strerror}") from error


def scorer_of(loaded: LoadedVersion) -> Scorer:
    """A scorer by a loaded version, under its own name and version."""
    return Scorer(loaded.model, loaded.manifest.version, name=loaded.manifest.name)
