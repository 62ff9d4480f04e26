"""A file on its way: bytes in ``NAME.part``, and beside it what is needed to ask for the rest of the same content.

Says nothing of HTTP. One writer at a time, by a lock that the kernel drops when its holder dies.
"""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from scoring.errors import DownloadError

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Origin(msgspec.Struct, frozen=True):
    """Where bytes came from, and the server's names for that very content.

    Attributes:
        url: as asked for.
        etag: with its quotes; None where the server gave none.
        last_modified: as the server wrote it; None where it gave none.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None

    @property
    def validator(self) -> str | None:
        """What proves to the server that its file is still this one; a weak ETag does not."""
        if self.etag and not self.etag.startswith("W/"):
            return self.etag
        return self.last_modified


class PartialFile:
    """The bytes of one file that have arrived, kept over runs.

    Attributes:
        path: ``NAME.part``.
        size_bytes: how many bytes it holds.
        origin: where they came from; None where that is not known, so that they cannot be added to.
    """

    def __init__(self, target: Path, file: int) -> None:
        self.path = target.with_name(f"{target.name}.part")
        self._target = target
        self._file = file
        self._note = target.with_name(f"{target.name}.part.json")
        self.size_bytes = os.fstat(file).st_size
        self.origin = self._remembered()

    def restart(self, origin: Origin | None) -> None:
        """Drop the bytes, and remember where the next ones come from.

        Raises:
            DownloadError: the disk is full, or cannot be written.
        """
        with _written(self.path):
            if self.size_bytes:
                os.ftruncate(self._file, 0)  # before the note changes: bytes never stand beside another file's note
            self.size_bytes = 0
            self.origin = origin
            if origin is None:
                self._note.unlink(missing_ok=True)
            else:
                self._note.write_bytes(msgspec.json.encode(origin))

    def append(self, content: bytes) -> None:
        """Add bytes at the end.

        Raises:
            DownloadError: the disk is full, or cannot be written; what was written before stays.
        """
        with _written(self.path):
            rest = memoryview(content)
            while rest:  # a disk that fills up takes a part first, and refuses then
                count = os.pwrite(self._file, rest, self.size_bytes)
                self.size_bytes += count
                rest = rest[count:]

    def keep(self) -> None:
        """Give the file its name, over one that is there, once its bytes are on the disk.

        Raises:
            DownloadError: the disk is full, or cannot be written.
        """
        with _written(self._target):
            os.fsync(self._file)
            self.path.replace(self._target)
            self._note.unlink(missing_ok=True)
            folder = os.open(self._target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def discard(self) -> None:
        """Remove what has arrived: it is of no use."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def _remembered(self) -> Origin | None:
        try:
            return msgspec.json.decode(self._note.read_bytes(), type=Origin)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None


@contextlib.contextmanager
def open_partial(target: Path) -> Iterator[PartialFile]:
    """Open what has arrived of ``target``, making its folder where there is none.

    Raises:
        DownloadError: the folder cannot be written, or another process fetches the same file.
    """
    path = target.with_name(f"{target.name}.part")
    with _written(path):
        target.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        _lock(file, path)
        partial = PartialFile(target, file)
        try:
            yield partial
        except BaseException:
            if not partial.size_bytes:
                partial.discard()
            raise
    finally:
        os.close(file)


def _lock(file: int, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        ours = os.path.samestat(os.fstat(file), path.stat())
    except (BlockingIOError, FileNotFoundError):
        ours = False
    if not ours:  # held, or renamed by its holder between our opening and our lock
        raise DownloadError(f"another process is fetching {path.with_suffix('')}; wait for it, or stop it")


@contextlib.contextmanager
def _written(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise DownloadError(
                f"there is no room for {path} ({error.strerror}); free some and run it again: it resumes"
            ) from error
        raise DownloadError(f"cannot write {path}: {error.strerror or error}") from error
