"""A small file system in memory that can be filled and made larger; needs root, and is unmounted at the end."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_DEVICE = "ridescore-chaos-"
_MEGABYTES = 96
_LARGER_MEGABYTES = 1_024


class SmallDisk:
    """A mounted tmpfs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    @classmethod
    @contextmanager
    def mounted(cls, folder: Path) -> Iterator["SmallDisk"]:
        """Mount one over an empty folder; raises OSError or CalledProcessError where that is not allowed."""
        if os.geteuid() != 0:
            raise PermissionError("only root may mount")
        _unmount_stale()
        _run("mount", "-t", "tmpfs", "-o", f"size={_MEGABYTES}m", f"{_DEVICE}{os.getpid()}", str(folder))
        try:
            yield cls(folder)
        finally:
            _run("umount", "--lazy", str(folder))

    def fill(self, leave_bytes: int) -> None:
        """Take all space but so much; none may be left, as the broker writes meanwhile."""
        space = os.statvfs(self.folder)
        left = space.f_bavail * space.f_frsize - leave_bytes
        with self._ballast.open("wb", buffering=0) as ballast:
            try:
                while left > 0:
                    left -= ballast.write(bytes(min(left, 1 << 20)))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def mend(self) -> None:
        """Give the space back, and more."""
        self._ballast.unlink(missing_ok=True)
        _run("mount", "-o", f"remount,size={_LARGER_MEGABYTES}m", str(self.folder))


def _unmount_stale() -> None:
    """What a suite left that was ended by SIGKILL; the device's name tells whose it was."""
    for line in Path("/proc/mounts").read_text().splitlines():
        device, folder = line.split()[:2]
        if device.startswith(_DEVICE) and not Path("/proc", device.removeprefix(_DEVICE)).exists():
            _run("umount", "--lazy", folder)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=30)
