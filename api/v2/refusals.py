"""Why a request of the protocol is refused: 400 cannot be read, 404 another model, 422 a ride breaks a rule."""

from typing import Final

from api.problem import FieldError, Problem

_LONGEST: Final = 300


def malformed(detail: str) -> Problem:
    """The request, or one of its tensors, cannot be read; what was found is told in bounded length."""
    told = detail if len(detail) <= _LONGEST else f"{detail[:_LONGEST]}..."
    return Problem(400, "malformed", "The request cannot be read", told)


def invalid_ride(place: int, field: str, reason: str) -> Problem:
    """A well-formed ride breaks a rule.

    Args:
        place: which of the rides, counted from 0.
        field: of the ride.
        reason: what is wrong with it.
    """
    errors = [FieldError(field, reason)]
    return Problem(422, "invalid-ride", "The ride breaks a rule", f"ride {place}: {field}: {reason}", errors=errors)


def not_found(detail: str) -> Problem:
    """Another model, or another version, than the one that is loaded."""
    return Problem(404, "not-found", "No such model", detail)


def quoted(name: str) -> str:
    """A name that came with the request, in quotes and in bounded length."""
    return repr(name if len(name) <= 40 else f"{name[:40]}...")
