#!/usr/bin/env python3
"""Make the source bundle that Elastic Beanstalk runs: our packages, the locked requirements, a registry of models.

Writes one zip and changes nothing else. The platform installs requirements.txt and starts what the Procfile says.
"""

import argparse
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PLATFORM = ("Procfile", ".ebextensions", ".platform")


def sources() -> Iterator[tuple[Path, str]]:
    """Every file of ours with its place in the bundle."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for package in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]:
        yield from under(ROOT / package, package)
    yield ROOT / "requirements.txt", "requirements.txt"
    for name in PLATFORM:
        place = HERE / name
        yield from under(place, name) if place.is_dir() else [(place, name)]


def under(folder: Path, name: str) -> Iterator[tuple[Path, str]]:
    """The files of a folder, without what Python leaves behind."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file, f"{name}/{file.relative_to(folder)}"


def main() -> int:
    """Write the bundle; 0, or 2 where there is no active model to put in."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("output", type=Path, nargs="?", default=ROOT / "dist" / "ridescore-eb.zip")
    parser.add_argument("--models", type=Path, default=ROOT / "models", help="registry to put in the bundle")
    given = parser.parse_args()
    if not (given.models / "ACTIVE").exists():
        sys.stderr.write(
            f"error: {given.models} has no active version; run: ridescore train --activate, or --models DIR\n"
        )
        return 2
    given.output.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(given.output, "w", zipfile.ZIP_DEFLATED) as bundle:
        for file, name in [*sources(), *under(given.models, "models")]:
            bundle.write(file, name)  # keeps that hooks are executable
    sys.stdout.write(f"{given.output}: {given.output.stat().st_size:,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
