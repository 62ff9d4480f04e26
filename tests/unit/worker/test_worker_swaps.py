"""A swap while the worker runs: between batches, never within one, and no ride twice for it."""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from scoring.errors import TransactionLost
from scoring.models.linear import LinearModel
from scoring.models.model import Model
from scoring.scorer import Scorer

BATCH = 7


class SwapsAtEachAsking:
    """Gives another version each time it is asked, as a fleet that is swapped as fast as it scores."""

    problem = ""

    def __init__(self, model: LinearModel, versions: int) -> None:
        self._scorers = [
            Scorer(replace(model, intercept_minutes=model.intercept_minutes + number), f"v{number}")
            for number in range(versions)
        ]
        self.asked = 0

    def current(self) -> Scorer:
        self.asked += 1
        return self._scorers[self.asked % len(self._scorers)]

    def minutes(self, version: str, value: bytes) -> float:
        from scoring.rides.decoder import decode_ride

        (scorer,) = (each for each in self._scorers if each.model_version == version)
        return scorer.score(decode_ride(value), "one").duration


@pytest.fixture
def scorers(trained_model: Model) -> SwapsAtEachAsking:
    assert isinstance(trained_model, LinearModel)
    return SwapsAtEachAsking(trained_model, 3)


def predictions(site: Any) -> list[tuple[Any, Any, str]]:
    """Each prediction, its ride, and the version that its header names."""
    rides = {f"{each.topic}-{each.partition}-{each.offset}": each for each in site.written("rides")}
    found = []
    for record in site.written("predictions"):
        headers = {name: value.decode() for name, value in record.headers}
        found.append((json.loads(record.value), rides[headers["ridescore.source"]], headers["ridescore.model-version"]))
    return found


def test_every_prediction_is_the_number_of_the_version_it_names(
    site: Any, scorers: SwapsAtEachAsking, ride_json: Callable[..., bytes]
) -> None:
    site.publish(*[ride_json(trip_distance=number / 10) for number in range(100)])
    site.scorers = scorers
    site.run(site.worker(), 100)
    assert site.sources() == site.rides()
    told = predictions(site)
    assert len({version for _, _, version in told}) == 3
    for prediction, ride, version in told:
        assert prediction["model_version"] == version
        assert prediction["duration"] == scorers.minutes(version, ride.value)


def test_a_batch_keeps_the_version_it_began_with(
    site: Any, scorers: SwapsAtEachAsking, ride_json: Callable[..., bytes]
) -> None:
    site.publish(*[ride_json()] * 70)
    site.scorers = scorers
    site.run(site.worker(), 70)
    by_version: dict[str, int] = defaultdict(int)
    for _, _, version in predictions(site):
        by_version[version] += 1
    assert all(count % BATCH == 0 for count in by_version.values()), "whole batches of seven"
    assert scorers.asked == 1 + 10, "once when it starts, once for each batch"


@pytest.mark.parametrize("step", ["send", "flush", "commit"])
def test_a_batch_that_is_read_again_under_another_version_comes_out_once(
    step: str, site: Any, scorers: SwapsAtEachAsking, ride_json: Callable[..., bytes]
) -> None:
    site.publish(*[ride_json(trip_distance=number / 10) for number in range(40)])
    site.scorers = scorers
    lost = (step, TransactionLost("lost"))
    site.run(site.worker([lost, lost, lost]), 40)
    assert site.sources() == site.rides()
    for prediction, ride, version in predictions(site):
        assert prediction["model_version"] == version
        assert prediction["duration"] == scorers.minutes(version, ride.value)
