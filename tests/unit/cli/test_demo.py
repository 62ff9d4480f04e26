"""`ridescore demo` where no Kafka can be had: the broker in memory, and it says so."""

import json

import pytest

from .conftest import Run


@pytest.fixture(autouse=True)
def _no_kafka(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIDESCORE_SERVICES", "environment")  # of which there is none


def test_the_demo_accounts_for_every_ride(run: Run) -> None:
    ended = run("demo", "--json")
    assert ended.code == 0, ended.err
    told = json.loads(ended.out)
    assert told["rides"] == 2003
    assert told["predictions"] == 2000
    assert told["dead_letters"] == {"undecodable": 1, "invalid-ride": 2}
    assert told["broker"] == "in memory, no Kafka"
    assert len({each["ride_id"] for each in told["examples"]}) == 2000
    timed = [each for each in told["examples"] if 1 <= each["actual_minutes"] <= 60]
    off = [abs(each["predicted_minutes"] - each["actual_minutes"]) for each in timed]
    assert sum(off) / len(off) < 6  # mean absolute error in minutes; guessing the mean of all gives over 9


def test_the_demo_says_that_it_runs_without_kafka(run: Run) -> None:
    ended = run("demo")
    assert ended.code == 0, ended.err
    assert "no Kafka could be had, so this demo runs on a broker in memory" in ended.err
    for shown in ("Predictions beside what the rides took", "2,003", "2,000", "1 undecodable, 2 invalid-ride", "lost"):
        assert shown in ended.out
