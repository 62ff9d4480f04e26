"""Publishing: every event, keyed by ride id, acknowledged, at a rate that does not drift."""

from collections.abc import Iterator

import pytest

from scoring.errors import BrokerUnavailable
from worker.clients.client import Outgoing
from worker.publisher import publish
from worker.ride_events import RideEvent


class Paper:
    """A writer that keeps what it was given, and may fail."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.written: list[Outgoing] = []
        self.flushed_after: list[int] = []
        self._fails_at = fails_at

    def write(self, record: Outgoing) -> None:
        if len(self.written) == self._fails_at:
            raise BrokerUnavailable("gone")
        self.written.append(record)

    def flush(self) -> None:
        self.flushed_after.append(len(self.written))

    def close(self) -> None:
        raise AssertionError("the caller closes it")


class Clock:
    """Time passes only by sleeping, and a little with each look."""

    def __init__(self, seconds_a_look: float = 0.0) -> None:
        self.now = 50.0
        self.slept: list[float] = []
        self._seconds_a_look = seconds_a_look

    def __call__(self) -> float:
        self.now += self._seconds_a_look
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def events(count: int) -> Iterator[RideEvent]:
    return (RideEvent(f"id-{number}".encode(), f"ride {number}".encode()) for number in range(count))


def test_every_event_is_written_by_key_and_then_flushed() -> None:
    writer = Paper()
    told: list[int] = []
    assert publish(writer, "rides", events(3), on_published=told.append) == 3
    assert writer.written == [
        Outgoing("rides", None, f"id-{number}".encode(), f"ride {number}".encode(), [], None) for number in range(3)
    ]
    assert writer.flushed_after == [3]
    assert told == [1, 2, 3]


def test_no_events_are_none_written() -> None:
    writer = Paper()
    assert publish(writer, "rides", events(0)) == 0
    assert writer.flushed_after == [0]


@pytest.mark.parametrize("rate", [0.5, 7.0, 100.0, 20_000.0])
def test_events_are_spread_evenly_over_time(rate: float) -> None:
    clock, count = Clock(), 2_000
    publish(Paper(), "rides", events(count), rate, clock=clock, sleep=clock.sleep)
    assert clock.now - 50.0 == pytest.approx((count - 1) / rate, abs=0.03)
    assert min(clock.slept) > 0.02, "shorter sleeps are not worth their cost"


def test_without_a_rate_nothing_sleeps() -> None:
    clock = Clock()
    publish(Paper(), "rides", events(100), clock=clock, sleep=clock.sleep)
    assert clock.slept == []


def test_a_slow_source_catches_up_instead_of_drifting() -> None:
    """At 10 a second with 0.05 s for each event, half of the time is left to sleep."""
    clock = Clock(seconds_a_look=0.05)
    publish(Paper(), "rides", events(101), 10.0, clock=clock, sleep=clock.sleep)
    assert clock.now - 50.0 == pytest.approx(10.0, abs=0.2)


def test_a_failure_is_raised_and_what_came_before_was_told() -> None:
    told: list[int] = []
    with pytest.raises(BrokerUnavailable, match="gone"):
        publish(Paper(fails_at=2), "rides", events(5), on_published=told.append)
    assert told == [1, 2]
