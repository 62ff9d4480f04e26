"""The checker's own reading of records: what names no source is not passed over, but has none."""

import json
from typing import Any, NamedTuple

import pytest

from tests.chaos.broker_view import found_dead_letter, found_prediction
from tests.chaos.expected import Source


class Record(NamedTuple):
    value: bytes | None
    headers: list[tuple[str, bytes | None]]
    key: bytes | None = b"key"
    partition: int = 2
    timestamp: int = 1_000


ANSWER = {"ride_id": "a", "duration": 12.25, "model_version": "v1"}
SOURCE = ("ridescore.source", b"rides.a-b-2-1042")
DEAD = [
    ("__connect.errors.topic", b"rides.a-b"),
    ("__connect.errors.partition", b"2"),
    ("__connect.errors.offset", b"7"),
    ("ridescore.reason", b"tombstone"),
]


def test_a_prediction_is_read() -> None:
    found = found_prediction(Record(json.dumps(ANSWER).encode(), [SOURCE]))
    assert found.is_prediction
    assert found.source == Source("rides.a-b", 2, 1042)
    assert (found.minutes, found.ride_id, found.version) == (12.25, "a", "v1")


@pytest.mark.parametrize(
    ("value", "headers"),
    [
        (json.dumps(ANSWER).encode(), []),
        (json.dumps(ANSWER).encode(), [("ridescore.source", None)]),
        (json.dumps(ANSWER).encode(), [("ridescore.source", b"rides")]),
        (json.dumps(ANSWER).encode(), [("ridescore.source", b"rides-x-1")]),
        (None, [SOURCE]),
        (b"not json", [SOURCE]),
        (b"[]", [SOURCE]),
        (b'{"ride_id": "a", "model_version": "v1"}', [SOURCE]),
    ],
)
def test_what_is_no_prediction_has_no_source(value: bytes | None, headers: Any) -> None:
    assert found_prediction(Record(value, headers)).source is None


def test_a_dead_letter_is_read() -> None:
    found = found_dead_letter(Record(b"", list(DEAD)))
    assert not found.is_prediction
    assert (found.source, found.reason) == (Source("rides.a-b", 2, 7), "tombstone")


@pytest.mark.parametrize("missing", range(4))
def test_a_dead_letter_that_lacks_a_header_has_no_source(missing: int) -> None:
    headers = [header for place, header in enumerate(DEAD) if place != missing]
    assert found_dead_letter(Record(b"", headers)).source is None
