"""Failures under kills: each has its cause, and what has none is said."""

import pytest

from bench.http.killing import Kill, explained
from bench.http.paced import Failure
from bench.http.programs.paced_sender import Result

KILLS = [Kill(5.0, 1, 0.3), Kill(10.0, 2, 0.3)]


def causes(*failures: Failure) -> dict[str, int]:
    return explained(KILLS, Result(0, 1_000, 10, 9, 1, 1, 1, 1, 0, list(failures)))


@pytest.mark.parametrize(
    ("failure", "cause"),
    [
        (Failure(5.01, "before an answer: closed by the server", False), "held by a worker"),
        (Failure(10.2, "before an answer: Connection reset by peer", True), "before it took the connection"),
        (Failure(5.01, "while sending: Broken pipe", False), "had just been killed"),
        (Failure(7.0, "before an answer: closed by the server", False), "not explained"),
        (Failure(5.01, "status 503", False), "not explained"),
        (Failure(5.01, "a wrong number", False), "not explained"),
    ],
    ids=lambda value: str(getattr(value, "kind", value)),
)
def test_each_failure_has_its_cause(failure: Failure, cause: str) -> None:
    found = causes(failure)
    assert any(cause in name for name in found)
    assert ("not explained by a kill" in found) == cause.startswith("not explained")


def test_no_failure_needs_no_cause() -> None:
    assert causes() == {}
