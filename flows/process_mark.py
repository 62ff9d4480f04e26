"""Which process a run is in, so that a later one can tell whether it is still there. Knows nothing of Prefect."""

import os
import socket
from pathlib import Path


def mark_of(pid: int) -> str:
    """Host, process id, and when that process started where the system tells: ids are used again.

    >>> mark_of(os.getpid()).split(":")[1] == str(os.getpid())
    True
    """
    return f"{socket.gethostname()}:{pid}:{_started(pid)}"


def is_gone(mark: str) -> bool:
    """Whether a process of this host has ended; never said of another host's, nor of what is no mark."""
    host, _, rest = mark.rpartition(":")[0].rpartition(":")
    return host == socket.gethostname() and rest.isdigit() and (not _exists(int(rest)) or mark_of(int(rest)) != mark)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _started(pid: int) -> str:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fields = status.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]  # a zombie works no more
