"""Which files of a landing folder can be scored at all, so that a damaged one holds no other up."""

from collections.abc import Iterable

from batch.plan import NEEDED
from scoring.errors import RideFileError
from scoring.rides.file_bytes import shown
from scoring.rides.files import open_ride_file


def sound_inputs(sources: Iterable[str]) -> tuple[list[str], dict[str, str]]:
    """Part files into those that can be opened, and what is wrong with the others; damage further in is not seen.

    Args:
        sources: paths or URLs.

    Returns:
        The sound ones in their order, and the reason by source for the others.
    """
    sound, unsound = [], {}
    for source in sources:
        try:
            with open_ride_file(source, NEEDED):
                sound.append(source)
        except RideFileError as error:
            unsound[shown(source)] = str(error)
    return sound, unsound
