"""A small piece of real rides that comes with the package, so that a first run needs no download.

Paths only; see README.md beside this for where the rides are from.
"""

from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent

JANUARY: Final = _HERE / "green_2021-01.parquet"
"""3,000 rides of January 2021, to train on."""

FEBRUARY: Final = _HERE / "green_2021-02.parquet"
"""1,000 rides of February 2021, to validate on."""

MARCH: Final = _HERE / "green_2021-03.parquet"
"""2,000 rides of March 2021, to score."""

MONTHS: Final = (JANUARY, FEBRUARY, MARCH)

BROKEN_EVENTS: Final = _HERE / "broken.jsonl"
"""Three ride events, one a line, that each become a dead letter for a reason of its own."""


def broken_events() -> list[bytes]:
    """The broken ride events as they would stand on a topic: not JSON, a distance as text, a zone that is none."""
    return BROKEN_EVENTS.read_bytes().splitlines()
