"""A prediction's JSON keeps every bit of the duration, and its time is RFC 3339 in UTC."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scoring.prediction import (
    Prediction,
    decode_prediction,
    encode_prediction,
    encode_predictions,
    rfc3339,
    rfc3339_now,
)

TEXT = st.text(st.characters(codec="utf-8"))


PREDICTIONS = st.builds(
    Prediction,
    ride_id=TEXT,
    duration=st.floats(allow_nan=False, allow_infinity=False),
    model_version=TEXT,
    prediction_time=TEXT,
    known_route=st.booleans(),
)


@given(PREDICTIONS)
@example(Prediction("a", 0.1 + 0.2, "v", "t", known_route=True))
@example(Prediction("a", 5e-324, "v", "t", known_route=True))
@example(Prediction("a", 1e16, "v", "t", known_route=True))  # a whole number must come back as a float
def test_a_prediction_survives_its_json_bit_for_bit(prediction: Prediction) -> None:
    copy = decode_prediction(encode_prediction(prediction))
    assert copy == prediction
    assert isinstance(copy.duration, float)
    assert copy.duration.hex() == prediction.duration.hex()  # == would take -0.0 for 0.0


@given(st.lists(PREDICTIONS, max_size=5))
@example([Prediction("a line\nand\r\nanother\u2028", 1.0, "v\n", "t\n", known_route=True)] * 2)
def test_many_are_encoded_as_each_alone(predictions: list[Prediction]) -> None:
    assert encode_predictions(predictions) == [encode_prediction(prediction) for prediction in predictions]


def test_the_json_has_the_wire_names() -> None:
    encoded = encode_prediction(
        Prediction("rides-3-1042", 12.5, "v1", "2026-11-22T14:30:05.000000Z", known_route=False)
    )
    assert encoded == (
        b'{"ride_id":"rides-3-1042","duration":12.5,"model_version":"v1",'
        b'"prediction_time":"2026-11-22T14:30:05.000000Z","known_route":false}'
    )


@pytest.mark.parametrize("payload", [b"", b"[]", b'{"ride_id": "a"}', b'{"ride_id": 1, "duration": 2}'])
def test_what_is_no_prediction_is_refused(payload: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_prediction(payload)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 11, 22, 14, 30, 5, 123456, UTC), "2026-11-22T14:30:05.123456Z"),
        (datetime(2026, 11, 22, 14, 30, 5, 0, UTC), "2026-11-22T14:30:05.000000Z"),
        (datetime(2026, 1, 1, 1, 0, 0, 7, timezone(timedelta(hours=3))), "2025-12-31T22:00:00.000007Z"),
    ],
)
def test_times_are_utc_with_microseconds(moment: datetime, expected: str) -> None:
    assert rfc3339(moment) == expected


def test_the_time_is_told_as_any_other_moment_is(monkeypatch: pytest.MonkeyPatch) -> None:
    microseconds = [
        0,
        999_999,
        1_000_000,
        1_000_007,
        86_399_999_999,
        1_795_875_605_123_456,
        999_999,
    ]  # a clock may go back
    for each in microseconds:
        monkeypatch.setattr("time.time_ns", lambda each=each: each * 1_000 + 999)
        assert rfc3339_now() == rfc3339(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=each))
