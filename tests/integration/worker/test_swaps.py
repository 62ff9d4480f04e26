"""Versions swapped during a stream of rides: every prediction is the number of the version it names, each ride once."""

import json
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from signal import SIGTERM
from typing import Any

import msgspec
import pytest
from pydantic import SecretStr
from redis import Redis

from scoring.models.linear import LinearModel
from scoring.redis.link import RedisLink
from scoring.redis.look_now import CHANNEL, announce
from scoring.registry.golden import choose_golden_rides
from scoring.registry.registry import Registry
from scoring.rides.columns import RideColumns
from scoring.rides.decoder import decode_ride
from scoring.rides.ride import Ride
from scoring.scorer import Scorer

WAIT_SECONDS = 60.0
CHANGES = 8


def second_version(registry: Registry, first: str) -> str:
    """Ten minutes slower than the first."""
    loaded = registry.load(first)
    assert isinstance(loaded.model, LinearModel)
    model = replace(loaded.model, intercept_minutes=loaded.model.intercept_minutes + 10)
    golden = choose_golden_rides(model, RideColumns.of([Ride(7, 8, 1.5), Ride(9, 10, 4.0)]))
    draft = msgspec.structs.replace(loaded.manifest, version="", artefacts=[], golden=golden)
    return registry.write(draft, model).version


def ready_with(worker: Any, version: str) -> bool:
    body: dict[str, Any] = json.loads(worker.ask("/ready")[1])
    return bool(body["model_version"] == version)


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"still not so: {what}"
        time.sleep(0.02)


@pytest.mark.parametrize("with_redis", [True, False], ids=["told", "polling"])
def test_swaps_during_a_stream_of_rides(
    site: Callable[..., Any], taught: Any, tmp_path: Path, with_redis: bool, request: pytest.FixtureRequest
) -> None:
    shutil.copytree(taught.registry, tmp_path / "models")
    registry = Registry(str(tmp_path / "models"))
    first = registry.chosen().version
    second = second_version(registry, first)
    url = request.getfixturevalue("redis_url") if with_redis else ""
    poll_seconds = "3600" if with_redis else "0.3"
    settings = {"MODEL_REGISTRY": registry.location, "REDIS_URL": url, "MODEL_POLL_SECONDS": poll_seconds}
    here = site(WORKER_BATCH_RIDES="50", WORKER_BATCH_SECONDS="0.02", **settings)
    worker = here.worker()
    here.publish(*here.mixed(30))
    here.wait_for_all()
    link = RedisLink(SecretStr(url)) if url else None
    if link is not None:
        wait_until(lambda: subscribers(url) > 0, "the worker listens")

    ended = threading.Event()

    def publish() -> None:
        seed = 2
        while not ended.is_set():
            here.publish(*here.mixed(60, seed=seed))
            seed += 1

    publishing = threading.Thread(target=publish)
    publishing.start()
    try:
        for number in range(CHANGES):
            version = first if number % 2 else second
            active = registry.rollback() if number == CHANGES - 1 else registry.activate(version)
            if link is not None:
                announce(link, active, WAIT_SECONDS)
            wait_until(lambda version=active.version: ready_with(worker, version), "the worker follows")  # type: ignore[misc]
    finally:
        ended.set()
        publishing.join(WAIT_SECONDS)
    here.wait_for_all()
    page = worker.ask("/metrics")[1]
    assert f'ridescore_model_swaps_total{{result="swapped"}} {CHANGES}.0' in page
    assert worker.stop(SIGTERM) == 0
    check(here, registry, {first, second})


def check(here: Any, registry: Registry, versions: set[str]) -> None:
    """Every valid ride was predicted once, with the number of the version that its prediction names."""
    scorers = {version: Scorer(registry.load(version).model, version) for version in versions}
    rides = {f"{each.topic}-{each.partition}-{each.offset}": each for each in here.read(here.rides)}
    sources: Counter[str] = Counter()
    seen: set[str] = set()
    for record in here.read(here.predictions):
        names = {name: (value or b"").decode() for name, value in record.headers}
        prediction = json.loads(record.value)
        ride = rides[names["ridescore.source"]]
        sources[names["ridescore.source"]] += 1
        seen.add(prediction["model_version"])
        assert prediction["model_version"] == names["ridescore.model-version"]
        expected = scorers[prediction["model_version"]].score(decode_ride(ride.value), "one").duration
        assert prediction["duration"] == expected
    valid = {source for source, ride in rides.items() if dict(ride.headers)["kind"] == b"valid"}
    assert sources == Counter(dict.fromkeys(valid, 1))
    assert seen == versions


def subscribers(url: str) -> int:
    with Redis.from_url(url) as client:
        ((_, count),) = client.pubsub_numsub(CHANNEL)
        return int(count)
