"""Where versions are kept: a local directory or any fsspec URL, behind what the registry asks of it.

A version appears whole or not at all: locally by a rename, on object stores by writing the manifest last.
"""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from scoring.registry.local_storage import LocalStorage
from scoring.registry.url_storage import UrlStorage


class Storage(Protocol):
    """Files by paths relative to the registry, with ``/`` between the parts."""

    def read(self, path: str) -> bytes:
        """The content of a file; ModelNotFound where there is none."""
        ...

    def folders(self, path: str, holding: str) -> list[str]:
        """The names of the folders at ``path`` that hold the file ``holding``, ascending; none where it is missing."""
        ...

    def write_folder(self, path: str, files: Mapping[str, bytes], last: str) -> None:
        """Write a folder so that readers who look for the file ``last`` see all of it or nothing.

        Raises ModelError where the folder exists already, or nothing could be written.
        """
        ...

    def replace(self, path: str, content: bytes) -> None:
        """Replace a file so that readers see the old content or the new."""
        ...

    def lock(self) -> contextlib.AbstractContextManager[None]:
        """Keep others from changing the registry meanwhile, as far as the storage can."""
        ...


def open_storage(location: str) -> Storage:
    """A URL (with ``://``) or a local directory, which need not exist yet."""
    return UrlStorage(location) if "://" in location else LocalStorage(Path(location))
