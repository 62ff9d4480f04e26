"""The server's answers as types, and reading them; fields that a later server adds are passed over."""

from typing import Any, TypeVar

import msgspec

from api.client.errors import UnexpectedAnswer
from scoring.prediction import Prediction

_Answer = TypeVar("_Answer")


class Health(msgspec.Struct, frozen=True):
    """What ``/health`` says.

    Attributes:
        status: ``healthy``, ``degraded`` or ``unavailable``.
        service_up_since: RFC 3339.
        model_version: that scores; None where none does.
        details: all that was said, these included.
    """

    status: str
    service_up_since: str
    model_version: str | None = None
    details: dict[str, Any] = {}


class RefusedRide(msgspec.Struct, frozen=True):
    """A ride of a batch that was not scored.

    Attributes:
        index: its place among all the rides that were given, from 0.
        error: what kind of problem it is, for people.
        code: the same as a stable word for programs, such as ``invalid-ride``.
        message: what was found.
        errors: one a field at fault, as the server gave them.
    """

    index: int
    error: str
    code: str = ""
    message: str = ""
    errors: list[dict[str, Any]] = []


def decode_answer(body: bytes, kind: type[_Answer], url: str) -> _Answer:
    """Read an answer.

    Raises:
        UnexpectedAnswer: it is of another form.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnexpectedAnswer(f"{url} answered what this client cannot read: {error}; are both one release?") from None


class _Batch(msgspec.Struct):
    predictions: list[msgspec.Raw]


def decode_batch(body: bytes, asked: int, first: int, url: str) -> list[Prediction | RefusedRide]:
    """Read the answer to a part of a batch.

    Args:
        body: the answer.
        asked: how many rides it was asked for.
        first: the place of the part's first ride among all.
        url: for messages.

    Raises:
        UnexpectedAnswer: it is of another form, or answers another number of rides.
    """
    whole = _whole_batch(body)
    if whole is None:
        whole = [_one(raw, first, url) for raw in decode_answer(body, _Batch, url).predictions]
    if len(whole) != asked:
        raise UnexpectedAnswer(f"{url} answered {len(whole)} rides of {asked}")
    return whole


class _AllWell(msgspec.Struct):
    predictions: list[Prediction]


_decode_all_well = msgspec.json.Decoder(_AllWell).decode


def _whole_batch(body: bytes) -> list[Prediction | RefusedRide] | None:
    """In one go where every ride was scored, as nearly always; None where one was not."""
    try:
        return list(_decode_all_well(body).predictions)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _one(raw: msgspec.Raw, first: int, url: str) -> Prediction | RefusedRide:
    try:
        return msgspec.json.decode(raw, type=Prediction)
    except (msgspec.DecodeError, UnicodeDecodeError):
        refused = decode_answer(bytes(raw), RefusedRide, url)
    return msgspec.structs.replace(refused, index=first + refused.index)
