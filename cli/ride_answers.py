"""Rides of a file with their answers, in the file's order and in bounded memory; a bad ride spoils no other.

A ride is judged by the one decoder here, whoever scores it then: the model on this machine, or a server.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

import msgspec

from scoring.errors import ModelFailed, RideError
from scoring.prediction import Prediction
from scoring.rides.decoder import decode_ride
from scoring.rides.ride import Ride

if TYPE_CHECKING:
    from api.client import Client
    from scoring.scorer import Scorer
    from worker.ride_events import RideEvent

PART_RIDES: Final = 5_000


class Refusal(msgspec.Struct, frozen=True):
    """A ride without a prediction.

    Attributes:
        ride_id: its own, or where it is in the file.
        error: what is wrong with it.
    """

    ride_id: str
    error: str


# Scores rides that all have ids; for each a prediction, or what was wrong.
ScoreRides = Callable[[Sequence[Ride]], Sequence[Prediction | str]]


def answers(events: "Iterable[RideEvent]", score: ScoreRides) -> Iterator[Prediction | Refusal]:
    """The answer to each ride event, in their order.

    Args:
        events: rides as JSON, each with its id.
        score: scores some of them together.
    """
    remaining = iter(events)
    while part := list(islice(remaining, PART_RIDES)):
        yield from _part(part, score)


def _part(events: "Sequence[RideEvent]", score: ScoreRides) -> Iterator[Prediction | Refusal]:
    names = [event.key.decode(errors="replace") for event in events]
    read: list[Ride | RideError] = []
    for event in events:
        try:
            read.append(decode_ride(event.value))
        except RideError as error:
            read.append(error)
    scored = iter(score([each for each in read if isinstance(each, Ride)]))
    for name, each in zip(names, read, strict=True):
        answer = str(each) if isinstance(each, RideError) else next(scored)
        yield Refusal(name, answer) if isinstance(answer, str) else answer


def by_model(scorer: "Scorer") -> ScoreRides:
    """Score on this machine."""

    def score(rides: Sequence[Ride]) -> list[Prediction | str]:
        answered = scorer.score_rides(rides, [""] * len(rides))
        return [str(each) if isinstance(each, ModelFailed) else each for each in answered]

    return score


def by_server(client: "Client") -> ScoreRides:
    """Let a server score."""

    def score(rides: Sequence[Ride]) -> list[Prediction | str]:
        return [
            each if isinstance(each, Prediction) else each.message or each.error for each in client.predict_batch(rides)
        ]

    return score
