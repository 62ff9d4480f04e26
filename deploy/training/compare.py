#!/usr/bin/env python3
"""Measure a version that `ridescore train --json` registered beside the active one, on the same rides.

    compare.py TRAINED.json FILE...

Tells `version` and whether it is `better` as GitHub's step outputs, and puts the figures in the run's summary. It
changes no registry: who promotes is a person.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def ridescore(*words: str) -> Any:
    """The JSON that a command prints."""
    told = subprocess.run([sys.executable, "-m", "cli", *words, "--json"], check=True, stdout=subprocess.PIPE)  # noqa: S603
    return json.loads(told.stdout)


def write(variable: str, text: str) -> None:
    """Append to the file that a variable of GitHub's names; without one, print."""
    if variable in os.environ:
        with Path(os.environ[variable]).open("a", encoding="utf-8") as file:
            file.write(text)
    else:
        sys.stdout.write(text)


def main() -> int:
    """Compare, and tell."""
    trained, *files = sys.argv[1:]
    version = json.loads(Path(trained).read_text(encoding="utf-8"))["manifest"]["version"]
    active = ridescore("models", "list")["active"]
    versions = [version] + ([active["version"]] if active and active["version"] != version else [])
    figures = ridescore("evaluate", *files, *(word for each in versions for word in ("--version", each)))
    errors = [each["metrics"]["rmse_minutes"] for each in figures]
    better = active is None or (len(errors) == 2 and errors[0] < errors[1])
    write("GITHUB_OUTPUT", f"version={version}\nbetter={str(better).lower()}\n")
    rows = ["| version | | rides | RMSE, minutes | MAE | bias |", "|---|---|---|---|---|---|"]
    for each in figures:
        measured = each["metrics"]
        rows.append(
            f"| {each['version']} | {'active' if each['active'] else 'new'} | {measured['rides']:,} "
            f"| {measured['rmse_minutes']:.4f} | {measured['mae_minutes']:.4f} | {measured['bias_minutes']:+.4f} |"
        )
    write("GITHUB_STEP_SUMMARY", "\n".join(rows) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
