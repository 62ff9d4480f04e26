"""A batch as JSON: decoded in one go where every ride is sound, ride by ride where one is not; encoded in one go."""

import json
from collections.abc import Sequence
from time import perf_counter
from typing import Any, Final

import msgspec

from api.body import check_count
from api.door import Door
from api.problem import FieldError, Problem, malformed, model_problem, ride_problem
from scoring.errors import ModelError, ModelFailed, RideError
from scoring.prediction import Prediction
from scoring.rides.decoder import decode_ride
from scoring.rides.ride import SUSPECT_DISTANCE_MILES, Ride


class BadRide(msgspec.Struct, frozen=True, gc=False):
    """What stands in place of a prediction.

    Attributes:
        index: the ride's place in the request, from 0.
        error: the kind of problem, for people; `code` for programs.
        code: `invalid-ride`, `malformed` or `model-failed`.
        message: the field and what is wrong with it.
        errors: the same, field by field.
    """

    index: int
    error: str
    code: str
    message: str
    errors: Sequence[FieldError]


class Batch(msgspec.Struct, frozen=True):
    """The body of a request: rides, of which each must be sound for this to decode."""

    rides: list[Ride]


class _UnreadBatch(msgspec.Struct, frozen=True):
    rides: list[msgspec.Raw]


class Answers(msgspec.Struct, frozen=True):
    """The body of the answer, in the order of the rides."""

    predictions: Sequence[Prediction | BadRide]


_decode = msgspec.json.Decoder(Batch).decode
_decode_unread = msgspec.json.Decoder(_UnreadBatch).decode
_encode = msgspec.json.Encoder().encode
_SHAPE: Final = 'the body must be {"rides": [...]}'


def answer_json(door: Door, body: bytes, request_id: str) -> bytes:
    """Score the rides of a body.

    Args:
        door: gives the scorer in force, and counts.
        body: `{"rides": [...]}`.
        request_id: names rides that have no id, each as `request-id_index`.

    Raises:
        Problem: the body cannot be read (400), holds too many rides (413), or there is no model (503).
    """
    begun = perf_counter()
    try:
        scorer = door.scorers.current()
    except ModelError as error:
        raise model_problem(error) from None
    rides, bad = decode_batch(body)
    check_count(len(rides) + len(bad))
    origins = [f"{request_id}_{index}" for index in range(len(rides) + len(bad)) if index not in bad]
    scored = scorer.score_rides(rides, origins)
    return _encode(Answers(_answers(door, begun, rides, scored, bad)))


def decode_batch(body: bytes) -> tuple[list[Ride], dict[int, RideError]]:
    """The sound rides of a body in their order, and what is wrong with each other one, by its place.

    Raises:
        Problem: the body itself cannot be read (400).
    """
    try:
        if not body.isascii():
            body.decode()  # the JSON decoder does not look inside the strings of fields it skips
        return _decode(body).rides, {}
    except UnicodeDecodeError as error:
        raise malformed(f"the body is not UTF-8: {error.reason} at byte {error.start}") from None
    except (msgspec.DecodeError, RecursionError):
        return _decode_each(_unread_rides(body))


def _unread_rides(body: bytes) -> list[bytes]:
    """The rides as they were sent, each on its own."""
    try:
        return [bytes(raw) for raw in _decode_unread(body).rides]
    except msgspec.ValidationError as error:
        raise malformed(f"{_SHAPE}: {error}") from None
    except (msgspec.DecodeError, RecursionError) as error:
        return _rides_with_constants(body, error)


def _rides_with_constants(body: bytes, error: Exception) -> list[bytes]:
    """Python's json writes NaN and Infinity, which are no JSON: the ride that holds one is bad, the others are not."""
    if b"NaN" in body or b"Infinity" in body:
        try:
            content = json.loads(body)
        except (ValueError, RecursionError):
            content = None
        if isinstance(content, dict) and isinstance(content.get("rides"), list):
            return [json.dumps(ride).encode() for ride in content["rides"]]
    raise malformed(f"{_SHAPE}: {_told(error)}")


def _told(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


def _decode_each(payloads: Sequence[bytes]) -> tuple[list[Ride], dict[int, RideError]]:
    check_count(len(payloads))
    rides: list[Ride] = []
    bad: dict[int, RideError] = {}
    for index, payload in enumerate(payloads):
        try:
            rides.append(decode_ride(payload))
        except RideError as error:
            bad[index] = error
    return rides, bad


def _answers(
    door: Door,
    begun: float,
    rides: Sequence[Ride],
    scored: Sequence[Prediction | ModelFailed],
    bad: dict[int, RideError],
) -> list[Prediction | BadRide]:
    """Put predictions and refusals at the places of their rides, and count them."""
    predictions = [each for each in scored if isinstance(each, Prediction)]
    total = len(rides) + len(bad)
    unknown = sum([not each.known_route for each in predictions])
    suspect = sum([ride.trip_distance > SUSPECT_DISTANCE_MILES for ride in rides])
    minutes = [each.duration for each in predictions]
    door.recorder.scored_many(perf_counter() - begun, minutes, unknown, suspect, total - len(predictions))
    if len(predictions) == total:
        return list(predictions)
    in_order = iter(scored)
    answers: list[Prediction | BadRide] = []
    for index in range(total):
        answer: Any = bad[index] if index in bad else next(in_order)
        answers.append(answer if isinstance(answer, Prediction) else bad_ride(index, answer))
    return answers


def bad_ride(index: int, error: RideError | ModelFailed) -> BadRide:
    """What is told of a ride that has no prediction."""
    problem: Problem = ride_problem(error) if isinstance(error, RideError) else model_problem(error)
    return BadRide(index, problem.title, problem.code, problem.detail, problem.errors)
