"""Removing what killed or replaced runs left: only what a record or a manifest names, never what it does not know.

Every file that got its name without a manifest still has its record in the staging folder, as that goes last.
"""

import logging
from collections.abc import Collection
from typing import Final

import msgspec

from batch.output import STAGING, Output
from batch.part import PartRecord
from batch.reader import Committed

log = logging.getLogger(__name__)

_FOREIGN_SECONDS: Final = 24 * 3600.0


def sweep(output: Output, committed: Committed, keep: Collection[str]) -> None:
    """Remove leftovers; call it while the output is held.

    Args:
        output: where.
        committed: what counts.
        keep: keys of staging folders that a run goes on with.

    Raises:
        OutputError: something cannot be removed.
    """
    counts = committed.names()
    for key in output.names(STAGING):
        folder = f"{STAGING}/{key}"
        # Without locks another run may be at work in it; a live one has written something this day.
        if key in keep or not (output.excludes or output.age_seconds(folder) > _FOREIGN_SECONDS):
            continue
        orphans = [name for name in _named_in(output, folder) if name not in counts]
        for name in orphans:
            output.remove(name)
        output.remove(folder)
        log.info("leftovers of an earlier run removed", extra={"run_id": key, "files": len(orphans)})
    for each in committed.superseded:
        for file in (*each.scored.predictions, *each.scored.quarantine):
            if file.name not in counts:
                output.remove(file.name)


def _named_in(output: Output, folder: str) -> list[str]:
    names = []
    for each in output.names(folder):
        content = output.read(f"{folder}/{each}") if each.endswith(".json") else None
        if content is not None:
            try:
                names += [file.name for file in msgspec.json.decode(content, type=PartRecord).files]
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue  # a damaged record names nothing; it goes with its folder
    return names
