"""Where predictions go: a local directory or any fsspec URL, behind what a run asks of it.

A file appears whole under its name or not at all. Names are relative to the output, with ``/`` between the parts.
"""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, Protocol

from batch.local_output import LocalOutput
from batch.url_output import UrlOutput

STAGING: Final = ".staging"


class Output(Protocol):
    """Files by name. Every method raises OutputError where the place does not do what is asked."""

    @property
    def location(self) -> str:
        """The folder or URL, as it was given."""
        ...

    @property
    def excludes(self) -> bool:
        """Whether :meth:`hold` really keeps others out; object stores have no locks."""
        ...

    def path_of(self, name: str) -> str:
        """What a reader opens."""
        ...

    def read(self, name: str) -> bytes | None:
        """The content of a small file; None where there is none."""
        ...

    def open(self, name: str) -> Any:
        """Open a file for reading bytes."""
        ...

    def names(self, folder: str) -> list[str]:
        """The names in a folder, ascending and without the folder's own; none where it is missing."""
        ...

    def size_bytes(self, name: str) -> int | None:
        """Of a file; None where there is none."""
        ...

    def age_seconds(self, name: str) -> float:
        """Since a file or folder was last written; 0 where that cannot be told."""
        ...

    def create(self, name: str) -> AbstractContextManager[Any]:
        """A file to write, which appears when the block ends well; there may be one of that name before."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Write a small file that appears whole."""
        ...

    def replace(self, name: str, content: bytes) -> None:
        """Write a small file, on the disk when this returns; readers see the old content or the new."""
        ...

    def sync(self, name: str) -> None:
        """Wait until a file's bytes or a folder's names are on the disk."""
        ...

    def move(self, name: str, target: str) -> None:
        """Give a file another name; a file of that name is replaced."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file, or a folder with all in it; one that is missing is no error."""
        ...

    def hold(self) -> AbstractContextManager[None]:
        """Keep other runs out while the block runs.

        Raises OutputBusy where another run is in.
        """
        ...


def open_output(location: str) -> Output:
    """A URL (with ``://``) or a local directory; neither need exist yet."""
    return UrlOutput(location) if "://" in location else LocalOutput(Path(location))
