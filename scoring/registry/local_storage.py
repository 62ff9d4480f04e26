"""A registry in a directory of this machine: versions appear by a rename, after their bytes are on the disk."""

import contextlib
import errno
import fcntl
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from scoring.durable import sync, write_synced
from scoring.errors import ModelError, ModelNotFound

_STAGING: Final = ".staging"
_STALE_STAGING_SECONDS: Final = 24 * 3600


class LocalStorage:
    """A directory of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, path: str) -> bytes:
        """The content of a file; ModelNotFound where there is none."""
        try:
            return (self._root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise ModelNotFound(f"there is no {self._root / path}") from None
        except OSError as error:
            raise ModelError(f"cannot read {self._root / path}: {error.strerror}") from error

    def folders(self, path: str, holding: str) -> list[str]:
        """The names of the folders at ``path`` that hold the file ``holding``, ascending; none where it is missing."""
        folder = self._root / path
        try:
            if not folder.is_dir():
                return []
            return sorted(each.name for each in folder.iterdir() if (each / holding).is_file())
        except OSError as error:
            raise ModelError(f"cannot list {folder}: {error.strerror}") from error

    def write_folder(self, path: str, files: Mapping[str, bytes], last: str) -> None:  # noqa: ARG002  # a rename shows all at once
        """Write aside, sync, then rename: the rename fails where the folder exists."""
        target = self._root / path
        staged = self._root / _STAGING / f"{target.name}-{uuid.uuid4().hex}"
        try:
            staged.mkdir(parents=True)
            for name, content in files.items():
                write_synced(staged / name, content)
            sync(staged)
            target.parent.mkdir(parents=True, exist_ok=True)
            staged.rename(target)
            sync(target.parent)
        except OSError as error:
            if error.filename2 is not None and error.errno in (errno.EEXIST, errno.ENOTEMPTY):  # of the rename
                raise ModelError(f"{target} exists already, and a version is never changed") from error
            raise ModelError(f"cannot write {target}: {error.strerror}; nothing was registered") from error
        finally:
            shutil.rmtree(staged, ignore_errors=True)
            self._remove_stale()

    def replace(self, path: str, content: bytes) -> None:
        """Write aside, sync, then rename over the old file."""
        target = self._root / path
        staged = target.with_name(f".{target.name}-{uuid.uuid4().hex}")
        try:
            write_synced(staged, content)
            staged.replace(target)
            sync(target.parent)
        except OSError as error:
            staged.unlink(missing_ok=True)
            raise ModelError(f"cannot write {target}: {error.strerror}; it is as it was") from error

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Exclude other processes of this machine, by a lock that the kernel drops when its holder dies."""
        try:
            file = os.open(self._root / ".lock", os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:
            raise ModelNotFound(f"there is no registry at {self._root}") from None
        except OSError as error:
            raise ModelError(f"cannot change the registry at {self._root}: {error.strerror}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)

    def _remove_stale(self) -> None:
        """What a killed writer left; a live one is younger than this."""
        with contextlib.suppress(OSError):
            for left in (self._root / _STAGING).iterdir():
                if time.time() - left.stat().st_mtime > _STALE_STAGING_SECONDS:
                    shutil.rmtree(left, ignore_errors=True)
