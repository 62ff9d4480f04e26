"""The bytes of a file of rides, local or at a URL, and their digest; needs no pyarrow, as reading rows does."""

import hashlib
from typing import Any

from scoring.errors import RideFileError


def open_bytes(path: str) -> Any:
    """Open a local path or an fsspec URL for reading.

    Raises:
        RideFileError: there is no such file, or it cannot be read.
    """
    try:
        if "://" in path:
            import fsspec

            return fsspec.open(path, "rb").open()
        return open(path, "rb")  # noqa: PTH123  # closed by the caller's with; a path may also be a URL
    except FileNotFoundError:
        raise RideFileError(f"there is no file {path}") from None
    except (OSError, ImportError, ValueError) as error:
        raise RideFileError(f"cannot open {path}: {getattr(error, 'strerror', None) or error}") from error


def digest_and_size(path: str) -> tuple[str, int]:
    """The sha256 of a file's bytes in hexadecimal, and how many they are.

    Raises:
        RideFileError: it is not there, or cannot be read.
    """
    with open_bytes(path) as file:
        try:
            return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
        except OSError as error:
            raise RideFileError(f"cannot read {path}: {error.strerror or error}") from error
