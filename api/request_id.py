"""The name of a request: the caller's `X-Request-ID` where that is a sound one, else one of ours."""

import os
import re
from collections.abc import Callable
from itertools import count
from typing import Final

# Printed in logs, problems and as the id of a ride that has none; a batch adds `_9999`, and 128 characters are allowed.
_SOUND: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+=@-]{0,119}").fullmatch


def request_id_maker() -> Callable[[str | None], str]:
    """Build what names requests; call it once in each process, so that no two processes make the same id."""
    prefix = os.urandom(6).hex()
    numbers = count()

    def name(given: str | None) -> str:
        return given if given and _SOUND(given) else f"{prefix}-{next(numbers):08x}"

    return name
