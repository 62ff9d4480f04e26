"""The Java that runs Kafka's jars."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from local_services.errors import WayFailed

__all__ = ["find_java"]

_OLDEST = 17
_SECONDS = 30
_REMEDY = f"install a Java runtime of version {_OLDEST} or newer (Debian, Ubuntu: apt-get install default-jre-headless)"


def find_java() -> Path:
    """The ``java`` of JAVA_HOME, else of PATH; raises WayFailed where there is none or it is too old for Kafka."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home, "bin"))) if home else None
    found = found or shutil.which("java")
    if not found:
        raise WayFailed("no java on PATH or in JAVA_HOME", _REMEDY)
    try:
        answer = subprocess.run([found, "-version"], capture_output=True, text=True, timeout=_SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise WayFailed(f"{found} -version failed: {error}", _REMEDY) from None
    version = re.search(r'version "(?:1\.)?(\d+)', answer.stderr + answer.stdout)
    if not version:
        raise WayFailed(f"{found} -version gave no version", _REMEDY)
    if int(version[1]) < _OLDEST:
        raise WayFailed(f"{found} is Java {version[1]}", _REMEDY)
    return Path(found)
