"""The slot: one worker's stable name, from which its transactional id is made.

Its successor under the same name aborts at once what a dead worker left open. Two workers of one host never share one:
a lock file is held as long as the process lives, whichever way it ends.
"""

import contextlib
import fcntl
import itertools
import os
import re
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from scoring.errors import SettingsError

_MOST_SLOTS: Final = 1_000


@contextlib.contextmanager
def hold_slot(group: str, name: str = "", folder: Path | None = None) -> Iterator[str]:
    """Hold a slot while the block runs.

    Args:
        group: the consumer group; slots of different groups do not meet.
        name: of the slot; empty takes the host's name and the lowest number free on it.
        folder: for lock files; the system's temporary folder by default.

    Returns:
        The slot's name.

    Raises:
        SettingsError: another process of this host holds the named slot, or lock files cannot be written.
    """
    folder = folder or Path(tempfile.gettempdir()) / f"ridescore-slots-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if name:
            lock = _lock(folder, group, name)
            if lock is None:
                raise SettingsError(
                    f"another worker on this host holds the slot {name} of group {group}; "
                    "give this one another WORKER_SLOT, or none"
                )
        else:
            name, lock = _first_free(folder, group)
    except OSError as error:
        raise SettingsError(f"cannot write lock files in {folder}: {error.strerror}; set TMPDIR") from error
    try:
        yield name
    finally:
        os.close(lock)


def child_slots(name: str, count: int) -> list[str]:
    """Names for the children of one parent: the parent's own, numbered; none where each is to find a free one."""
    return [f"{name}-{number}" for number in range(count)] if name else []


def transactional_id(group: str, slot: str) -> str:
    """The producer's stable identity; a slot has no slash, so that no two pairs make the same one."""
    return f"ridescore-{group}/{slot}"


def _first_free(folder: Path, group: str) -> tuple[str, int]:
    host = re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname()) or "host"
    for number in itertools.islice(itertools.count(), _MOST_SLOTS):
        name = f"{host}-{number}"
        lock = _lock(folder, group, name)
        if lock is not None:
            return name, lock
    raise SettingsError(f"{_MOST_SLOTS} workers of group {group} run on this host; name this one by WORKER_SLOT")


def _lock(folder: Path, group: str, name: str) -> int | None:
    safe_group = re.sub(r"[^A-Za-z0-9._-]", "-", group)
    lock = os.open(folder / f"{safe_group}@{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock
