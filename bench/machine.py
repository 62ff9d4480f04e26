"""What a measurement depends on besides the code: machine and versions, said beside every table."""

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

_LIBRARIES: Final = ("kafka-python", "confluent-kafka", "scikit-learn", "msgspec")


def machine_facts(libraries: Sequence[str] = _LIBRARIES) -> dict[str, str]:
    """Names and values, for a table."""
    return {
        "cores": str(os.cpu_count()),
        "processor": _processor(),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / (1 << 30):.0f} GB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        **{name: version(name) for name in libraries},
    }


def busy() -> float:
    """Processes that wanted a core over the last minute, ours included: above the cores, others were in the way."""
    return os.getloadavg()[0]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
