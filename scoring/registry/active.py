"""The ACTIVE file: which version scores, which one did before, and how often that has changed."""

from typing import Final

import msgspec

from scoring.errors import ModelCorrupt

ACTIVE_FILE: Final = "ACTIVE"


class Active(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The truth about which version scores.

    Attributes:
        version: the one that scores.
        previous: the one before it, to which a rollback returns; None if there was none.
        generation: rises by one with every change, so that a follower sees a change back and forth.
    """

    version: str
    previous: str | None
    generation: int


def encode_active(active: Active) -> bytes:
    """Encode as one line of JSON."""
    return msgspec.json.encode(active) + b"\n"


def decode_active(content: bytes, where: str) -> Active:
    """Read what :func:`encode_active` wrote.

    Raises:
        ModelCorrupt: it is damaged.
    """
    try:
        return msgspec.json.decode(content, type=Active)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ModelCorrupt(f"{where} is damaged ({error}); set it anew: ridescore models activate VERSION") from error
