"""Short forms of the fuzz suites, on both layers; `make fuzz` runs them at length."""

import json

from hypothesis import given, settings

from tests.fuzz.documented import fuzz_documented
from tests.fuzz.raw_bytes import RIDE, connections, converse, statuses

from .conftest import Server, Taught


def test_answers_are_as_the_document_says_and_never_5xx(server: Server) -> None:
    found = fuzz_documented(server.port, 6, "--phases", "examples,coverage,fuzzing")
    assert found.passed, found.output
    assert found.cases >= 300, found.output


def test_after_any_bytes_the_server_still_answers(server: Server, taught: Taught) -> None:
    expected = server.post("/predict", json.loads(RIDE)).json()["duration"]

    @settings(max_examples=120)
    @given(connections())
    def fuzz(pieces: list[bytes]) -> None:
        answered = converse(server.port, pieces, idle_seconds=0.05)
        assert all(status < 500 for status in statuses(answered)), answered
        again = server.post("/predict", json.loads(RIDE))
        assert (again.status, again.json()["duration"]) == (200, expected)
        assert server.process.poll() is None

    fuzz()
    failures = [line for line in server.lines() if line["level"] in ("ERROR", "CRITICAL")]
    assert failures == []
