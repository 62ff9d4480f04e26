"""Servers on one core, whoever asks them on the other, so that neither takes the other's time."""

import os
import shutil
from collections.abc import Sequence


def on_core(number: int, command: Sequence[str]) -> list[str]:
    """A command that runs on one of the cores that we may use; anywhere, where there is one core or no `taskset`."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) < 2 or shutil.which("taskset") is None:
        return list(command)
    return ["taskset", "--cpu-list", str(cores[number]), *command]
