"""Predictions in a directory of this machine: files appear by a rename, one run at a time by a lock of the kernel."""

import contextlib
import errno
import fcntl
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from scoring.durable import sync, write_synced
from scoring.errors import OutputBusy, OutputError

_STAGING: Final = ".staging"  # where a sweep finds what a kill left
_LOCK: Final = ".lock"
_UNFINISHED: Final = ".unfinished-"


class LocalOutput:
    """A directory of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def location(self) -> str:
        """The folder, as it was given."""
        return str(self._root)

    @property
    def excludes(self) -> bool:
        """Always: the kernel drops a lock when its holder dies."""
        return True

    def path_of(self, name: str) -> str:
        """What a reader opens."""
        return str(self._root / name)

    def read(self, name: str) -> bytes | None:
        """The content of a small file; None where there is none."""
        try:
            return (self._root / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._cannot("read", name, error) from error

    def open(self, name: str) -> Any:
        """Open a file for reading bytes."""
        try:
            return (self._root / name).open("rb")
        except OSError as error:
            raise self._cannot("read", name, error) from error

    def names(self, folder: str) -> list[str]:
        """The names in a folder, ascending; none where it is missing. Unfinished files are left out."""
        try:
            found = (each.name for each in (self._root / folder).iterdir())
            return sorted(name for name in found if not name.startswith(_UNFINISHED))
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise self._cannot("list", folder, error) from error

    def size_bytes(self, name: str) -> int | None:
        """Of a file; None where there is none."""
        try:
            return (self._root / name).stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._cannot("read", name, error) from error

    def age_seconds(self, name: str) -> float:
        """Since a file or folder was last written."""
        with contextlib.suppress(OSError):
            return time.time() - (self._root / name).stat().st_mtime
        return 0.0

    @contextlib.contextmanager
    def create(self, name: str) -> Iterator[Any]:
        """Write aside in the same folder, then rename; not yet synced."""
        target = self._root / name
        aside = target.with_name(f"{_UNFINISHED}{uuid.uuid4().hex}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with aside.open("xb") as file:
                yield file
            aside.replace(target)
        except OSError as error:
            raise self._cannot("write", name, error) from error
        finally:
            with contextlib.suppress(OSError):
                aside.unlink(missing_ok=True)

    def write(self, name: str, content: bytes) -> None:
        """Write a small file that appears whole; not yet synced."""
        with self.create(name) as file:
            file.write(content)

    def replace(self, name: str, content: bytes) -> None:
        """Write aside in the staging folder, sync, then rename over the old file."""
        target = self._root / name
        aside = self._root / _STAGING / f"unfinished-{uuid.uuid4().hex}"
        try:
            aside.parent.mkdir(parents=True, exist_ok=True)
            target.parent.mkdir(parents=True, exist_ok=True)
            write_synced(aside, content)
            aside.replace(target)
            sync(target.parent)
        except OSError as error:
            raise self._cannot("write", name, error) from error
        finally:
            with contextlib.suppress(OSError):
                aside.unlink(missing_ok=True)

    def sync(self, name: str) -> None:
        """Wait until a file's bytes or a folder's names are on the disk."""
        try:
            sync(self._root / name)
        except OSError as error:
            raise self._cannot("write", name, error) from error

    def move(self, name: str, target: str) -> None:
        """Rename; a file of that name is replaced."""
        try:
            (self._root / target).parent.mkdir(parents=True, exist_ok=True)
            (self._root / name).replace(self._root / target)
        except OSError as error:
            raise self._cannot("write", target, error) from error

    def remove(self, name: str) -> None:
        """Remove a file, or a folder with all in it; one that is missing is no error."""
        path = self._root / name
        try:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise self._cannot("remove", name, error) from error

    @contextlib.contextmanager
    def hold(self) -> Iterator[None]:
        """Keep other runs of this machine out while the block runs."""
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            lock = os.open(self._root / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise self._cannot("write", _LOCK, error) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise OutputBusy(
                f"another run is writing to {self._root}; wait until it ends, or name another --output"
            ) from None
        except OSError as error:  # such as a file system without locks
            os.close(lock)
            raise self._cannot("lock", _LOCK, error) from error
        try:
            yield
        finally:
            os.close(lock)

    def _cannot(self, verb: str, name: str, error: OSError) -> OutputError:
        what = {
            errno.ENOSPC: "the disk is full; make room and run the same command again, it resumes",
            errno.EDQUOT: "your quota is used up; make room and run the same command again, it resumes",
            errno.EROFS: "the file system is read-only; name another --output",
            errno.EACCES: "permission denied; name another --output, or give yourself the right to write there",
            errno.ENOTDIR: "a part of that path is a file; name another --output",
            errno.EEXIST: "it is a file, not a folder; name another --output",
        }.get(error.errno or 0, error.strerror or str(error))
        return OutputError(f"cannot {verb} {self._root / name}: {what}")
