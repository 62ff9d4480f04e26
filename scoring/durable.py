"""Bytes that are on the disk when the call returns, and folders whose names are."""

import os
from pathlib import Path


def write_synced(path: Path, content: bytes) -> None:
    """Write a new file; it is on the disk when this returns, its name when its folder is synced."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync(path: Path) -> None:
    """Wait until a file's bytes, or a folder's names, are on the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
