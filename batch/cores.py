"""How many processes are worth starting here: cores that this process may use, and its share of them in a container.

A container's quota leaves every core in sight: as many processes as there are cores would only take turns.
"""

import math
import os
from pathlib import Path
from typing import Final

_GROUPS: Final = Path("/sys/fs/cgroup")
_OWN_GROUP: Final = Path("/proc/self/cgroup")


def cores() -> int:
    """Cores that this process may use, by its affinity and its control groups' quotas; a begun one counts whole."""
    seen = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(seen, quota_cores(_GROUPS, _OWN_GROUP))))


def quota_cores(groups: Path, own_group: Path) -> float:
    """The least quota of this process's control group (version 2) and those around it, in cores; infinite without one.

    Args:
        groups: where control groups are mounted.
        own_group: the file that names this process's, as /proc/self/cgroup does.
    """
    group = next((line[3:] for line in _text(own_group).splitlines() if line.startswith("0::/")), "/").strip("/")
    around = [groups, *(groups.joinpath(*group.split("/")[: depth + 1]) for depth in range(len(group.split("/"))))]
    return min(_quota(_text(each / "cpu.max")) for each in around)


def _quota(cpu_max: str) -> float:
    """Of ``"150000 100000"``, microseconds of time in each period: 1.5."""
    quota, _, period = cpu_max.partition(" ")
    try:
        return int(quota) / int(period)
    except (ValueError, ZeroDivisionError):  # "max 100000", or no such file
        return math.inf


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
