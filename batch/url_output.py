"""Predictions at an fsspec URL: an object store shows an object when it is whole, and has neither locks nor renames.

Two runs at once stage the same bytes under the same names and write the same manifest, so either may win.
"""

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from scoring.errors import OutputError


class UrlOutput:
    """Any fsspec file system, such as ``s3://bucket/predictions``; needs that protocol's own package."""

    def __init__(self, url: str) -> None:
        import fsspec

        try:
            found: tuple[Any, str] = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise OutputError(f"cannot open the output {url}: {error}") from error
        self._files, self._root = found
        self._url = url.rstrip("/")

    @property
    def location(self) -> str:
        """The URL, as it was given."""
        return self._url

    @property
    def excludes(self) -> bool:
        """Never: there are no locks."""
        return False

    def path_of(self, name: str) -> str:
        """What a reader opens."""
        return f"{self._url}/{name}"

    def read(self, name: str) -> bytes | None:
        """The content of a small file; None where there is none."""
        try:
            content: bytes = self._files.cat_file(f"{self._root}/{name}")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._cannot("read", name, error) from error
        return content

    def open(self, name: str) -> Any:
        """Open a file for reading bytes."""
        try:
            return self._files.open(f"{self._root}/{name}", "rb")
        except OSError as error:
            raise self._cannot("read", name, error) from error

    def names(self, folder: str) -> list[str]:
        """The names in a folder, ascending; none where it is missing."""
        self._files.invalidate_cache()  # others write here too, and some file systems keep their listings
        try:
            found = self._files.ls(f"{self._root}/{folder}", detail=False)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._cannot("list", folder, error) from error
        return sorted(each.rstrip("/").rsplit("/", 1)[-1] for each in found)

    def size_bytes(self, name: str) -> int | None:
        """Of a file; None where there is none."""
        try:
            size: int = self._files.info(f"{self._root}/{name}")["size"]
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._cannot("read", name, error) from error
        return size

    def age_seconds(self, name: str) -> float:
        """Since a file was last written; of a folder, since its newest file was; 0 where that cannot be told."""
        try:
            path = f"{self._root}/{name}"
            files = self._files.find(path) or [path]
            return time.time() - max(float(self._files.modified(each).timestamp()) for each in files)
        except (OSError, NotImplementedError, KeyError, ValueError):
            return 0.0

    @contextlib.contextmanager
    def create(self, name: str) -> Iterator[Any]:
        """An object to write; where the block fails it is removed, and no record names it."""
        path = f"{self._root}/{name}"
        try:
            self._files.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
            with self._files.open(path, "wb") as file:
                yield file
        except BaseException as error:
            with contextlib.suppress(Exception):
                self._files.rm_file(path)
            if isinstance(error, OSError):
                raise self._cannot("write", name, error) from error
            raise

    def write(self, name: str, content: bytes) -> None:
        """The same as :meth:`replace`."""
        self.replace(name, content)

    def replace(self, name: str, content: bytes) -> None:
        """Put the object anew, which object stores do whole."""
        path = f"{self._root}/{name}"
        try:
            self._files.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
            self._files.pipe_file(path, content)
        except OSError as error:
            raise self._cannot("write", name, error) from error

    def sync(self, name: str) -> None:
        """Nothing: an object that was put is kept."""

    def move(self, name: str, target: str) -> None:
        """Copy, then remove; only the manifest makes either count."""
        path = f"{self._root}/{target}"
        try:
            self._files.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
            self._files.mv(f"{self._root}/{name}", path)
        except OSError as error:
            raise self._cannot("write", target, error) from error

    def remove(self, name: str) -> None:
        """Remove an object, or all that begin with its name and a slash; one that is missing is no error."""
        with contextlib.suppress(FileNotFoundError):
            try:
                self._files.rm(f"{self._root}/{name}", recursive=True)
            except FileNotFoundError:
                raise
            except OSError as error:
                raise self._cannot("remove", name, error) from error

    @contextlib.contextmanager
    def hold(self) -> Iterator[None]:
        """Nothing: see the top of this module."""
        yield

    def _cannot(self, verb: str, name: str, error: OSError) -> OutputError:
        return OutputError(f"cannot {verb} {self._url}/{name}: {error}")
