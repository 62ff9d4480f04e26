"""A record as its bytes say, with what is wrong with it."""

from typing import NamedTuple


class SeenRecord(NamedTuple):
    """A record that was read from its bytes.

    Attributes:
        key: None also where it cannot be read.
        value: the same; of bytes that hold no readable record, the bytes themselves.
        headers: names that are not UTF-8 are written with backslashes.
        fault: why it must not be scored; empty where nothing is wrong.
    """

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]
    fault: str = ""
