"""The bytes of a file of rides, local or at a URL, and their digest; needs no pyarrow, as reading rows does."""

import hashlib
from collections.abc import Callable
from typing import Any, Final

from scoring.errors import RideFileError

_PIECE_BYTES: Final = 1 << 18


def open_bytes(path: str) -> Any:
    """Open a local path or an fsspec URL for reading.

    Raises:
        RideFileError: there is no such file, it cannot be read, or its name is not UTF-8.
    """
    if shown(path) != path:
        raise RideFileError(f"the name of {shown(path)} is not UTF-8, as names in ids and reports are: rename the file")
    try:
        if "://" in path:
            import fsspec

            return fsspec.open(path, "rb").open()
        return open(path, "rb")  # noqa: PTH123  # closed by the caller's with; a path may also be a URL
    except FileNotFoundError:
        raise RideFileError(f"there is no file {path}") from None
    except (OSError, ImportError, ValueError) as error:
        raise RideFileError(f"cannot open {path}: {getattr(error, 'strerror', None) or error}") from error


def shown(path: str) -> str:
    """A path as it can be written anywhere: bytes of its name that are not UTF-8 with backslashes."""
    return path.encode("utf-8", "backslashreplace").decode()


def digest_and_size(path: str, given_up: Callable[[], bool] = lambda: False) -> tuple[str, int]:
    """The sha256 of a file's bytes in hexadecimal, and how many they are.

    Args:
        path: local, or an fsspec URL.
        given_up: asked now and then whether nobody wants it any more.

    Raises:
        RideFileError: it is not there, cannot be read, or was given up.
    """
    digest, size_bytes = hashlib.sha256(), 0
    piece = memoryview(bytearray(_PIECE_BYTES))
    with open_bytes(path) as file:
        try:
            while read := file.readinto(piece):
                digest.update(piece[:read])
                size_bytes += read
                if given_up():
                    raise RideFileError(f"{path} was given up before its end")
        except OSError as error:
            raise RideFileError(f"cannot read {path}: {error.strerror or error}") from error
    return digest.hexdigest(), size_bytes
