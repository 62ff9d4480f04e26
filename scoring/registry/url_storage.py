"""A registry at an fsspec URL: versions appear when their manifest, written last, does."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from scoring.errors import ModelError, ModelNotFound


class UrlStorage:
    """Any fsspec file system, such as ``s3://bucket/models``; needs that protocol's own package."""

    def __init__(self, url: str) -> None:
        import fsspec

        try:
            found: tuple[Any, str] = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise ModelNotFound(f"cannot open the registry {url}: {error}") from error
        self._files, self._root = found
        self._url = url

    def read(self, path: str) -> bytes:
        """The content of a file; ModelNotFound where there is none."""
        try:
            content: bytes = self._files.cat_file(f"{self._root}/{path}")
        except FileNotFoundError:
            raise ModelNotFound(f"there is no {self._url}/{path}") from None
        except OSError as error:
            raise ModelError(f"cannot read {self._url}/{path}: {error}") from error
        return content

    def folders(self, path: str, holding: str) -> list[str]:
        """The names of the folders at ``path`` that hold the file ``holding``, ascending; none where it is missing."""
        self._files.invalidate_cache()  # others write here too, and some file systems keep their listings
        try:
            found = self._files.ls(f"{self._root}/{path}", detail=True)
            names = sorted(each["name"].rstrip("/").rsplit("/", 1)[-1] for each in found if each["type"] == "directory")
            return [name for name in names if self._files.exists(f"{self._root}/{path}/{name}/{holding}")]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise ModelError(f"cannot list {self._url}/{path}: {error}") from error

    def write_folder(self, path: str, files: Mapping[str, bytes], last: str) -> None:
        """Write each file, ``last`` at the end: an object store replaces one object at a time."""
        folder = f"{self._root}/{path}"
        if self._files.exists(f"{folder}/{last}"):
            raise ModelError(f"{self._url}/{path} exists already, and a version is never changed")
        try:
            self._files.makedirs(folder, exist_ok=True)
            for name in [*(name for name in files if name != last), last]:
                self._files.pipe_file(f"{folder}/{name}", files[name])
        except OSError as error:
            raise ModelError(f"cannot write {self._url}/{path}: {error}; nothing was registered") from error

    def replace(self, path: str, content: bytes) -> None:
        """Put the object anew, which object stores do whole."""
        try:
            self._files.pipe_file(f"{self._root}/{path}", content)
        except OSError as error:
            raise ModelError(f"cannot write {self._url}/{path}: {error}; it is as it was") from error

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Nothing: an object store has no lock, so of two activations at once the later one stands."""
        yield
