"""One virtual environment a peer under .venv-peers: their requirements contradict ours and one another's."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.running import ROOT

_FOLDER: Final = ROOT / ".venv-peers"
_SECONDS: Final = 900


@dataclass(frozen=True, slots=True)
class Environments:
    """The environments of some peers.

    Attributes:
        pins: a folder with `<peer>.txt`, all its requirements pinned.
        packages: for each peer the distribution whose version is told.
    """

    pins: Path
    packages: Mapping[str, str]

    def install(self, peer: str) -> bool:
        """Make a peer's environment, where what is there was not made from the same pins; whether it is there now."""
        pins, folder = self.pins / f"{peer}.txt", _FOLDER / peer
        made = folder / ".made-from"
        if made.is_file() and made.read_bytes() == pins.read_bytes():
            return True
        print(f"installing {peer} into {folder.relative_to(ROOT)}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        _FOLDER.mkdir(exist_ok=True)
        (_FOLDER / ".gitignore").write_text("*\n")
        python = folder / "bin" / "python"
        steps = (
            [sys.executable, "-m", "venv", str(folder)],
            [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(pins)],
        )
        try:
            for step in steps:
                subprocess.run(step, check=True, timeout=_SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            print(f"{peer}: {error}", file=sys.stderr)
            return False
        made.write_bytes(pins.read_bytes())
        return True

    def installed(self) -> dict[str, Path]:
        """The interpreter of each peer that is installed."""
        pythons = {peer: _FOLDER / peer / "bin" / "python" for peer in self.packages}
        return {peer: python for peer, python in pythons.items() if (_FOLDER / peer / ".made-from").is_file()}

    def versions(self) -> dict[str, str]:
        """The pinned version of each peer itself."""
        found = {}
        for peer, name in self.packages.items():
            lines = (self.pins / f"{peer}.txt").read_text().splitlines()
            found[name] = next(line.partition("==")[2] for line in lines if line.startswith(f"{name}=="))
        return found
