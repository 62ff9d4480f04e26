"""What requests leave behind: counted late, but as if each had been counted at once."""

import numpy as np
import pytest
from flask import Flask
from prometheus_client import generate_latest

from api import recorder
from api.door import Door
from api.recorder import FLUSH_SECONDS, Recorder, next_pause_seconds


def counted(one: Recorder) -> dict[str, str]:
    lines = generate_latest(one.metrics.registry).decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if 'door="http"' in line and "_created" not in line)
    return {name: value for name, value in pairs if "score_seconds" not in name and "batch_rides" not in name}


@pytest.fixture
def doors(app: Flask) -> tuple[Door, Door]:
    door: Door = app.extensions["door"]
    return Door(door.settings, door.scorers), Door(door.settings, door.scorers)


def test_rides_of_batches_are_counted_as_single_rides_are(doors: tuple[Door, Door]) -> None:
    single, many = (door.recorder for door in doors)
    rides = [(0.5, True, 1.0), (12.0, False, 3.0), (12.0, True, 9_999.0), (500.0, False, 2.0)]
    for minutes, known, miles in rides:
        single.scored(0.001, minutes, known, miles)
    single.refused(3)
    many.scored_many(0.001, np.array([0.5, 12.0]), 1, 0, 2)
    many.scored_many(0.002, [], 0, 0, 1)
    many.scored_many(0.001, [12.0, 500.0], 1, 1, 0)
    single.flush()
    many.flush()
    assert counted(many) == counted(single)
    assert counted(many)['ridescore_rides_total{door="http",outcome="scored"}'] == "4.0"
    sizes = many.metrics.registry.get_sample_value("ridescore_batch_rides_sum", {"door": "http"})
    assert sizes == 7.0


def test_what_no_thread_counts_is_counted_before_it_grows(
    doors: tuple[Door, Door], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "_MOST_BATCHES_UNOBSERVED", 2)
    one = doors[0].recorder
    for _ in range(3):
        one.scored_many(0.001, [1.0], 0, 0, 0)
    assert counted(one)['ridescore_rides_total{door="http",outcome="scored"}'] == "3.0"


@pytest.mark.parametrize(
    ("a_second", "at_a_time"), [(100_000, 2_000), (20_000, 500), (4_000, 500), (1_000, 250), (0, 0)]
)
def test_under_load_requests_are_counted_a_few_at_a_time(a_second: int, at_a_time: int) -> None:
    pause_seconds = FLUSH_SECONDS
    for _ in range(5):
        pause_seconds = next_pause_seconds(pause_seconds, int(pause_seconds * a_second))
    assert pause_seconds * a_second == pytest.approx(at_a_time, rel=0.01)
    assert next_pause_seconds(pause_seconds, 0) == FLUSH_SECONDS
