"""What must come out of the worker for each ride, and what was found to have come out: the checker's two sides."""

from collections.abc import Sequence
from typing import NamedTuple

Headers = Sequence[tuple[str, bytes | None]]


class Source(NamedTuple):
    """Where a ride stands on the input topic."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}-{self.offset}"


class Expected(NamedTuple):
    """A published ride and its one right answer.

    Attributes:
        reason: of its dead letter; empty where it must become a prediction.
        minutes: scikit-learn's answer; of dead letters it is not looked at.
        ride_id: that its prediction must carry; empty means the source's name.
        damaged: on the broker's disk, so that its dead letter may hold anything.
    """

    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: int
    reason: str
    minutes: float
    ride_id: str
    damaged: bool = False


class Found(NamedTuple):
    """A committed record of the predictions or dead letters topic.

    Attributes:
        is_prediction: which of the two topics it stands on.
        partition: of the output topic.
        source: as the record itself names it; None where it names none that can be read.
        minutes: of a prediction.
        ride_id: of a prediction.
        version: of the model, as a prediction names it.
    """

    is_prediction: bool
    partition: int
    source: Source | None
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: int
    reason: str = ""
    minutes: float = 0.0
    ride_id: str = ""
    version: str = ""
