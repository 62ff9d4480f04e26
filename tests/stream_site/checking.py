"""What must be on the topics when workers have come to the end, ride for ride."""

import json
from collections import Counter
from typing import Any

import pytest

from tests.stream_site.site import Site
from tests.stream_site.taught import Predict


def check(site: Site) -> Counter[str]:
    """Prove that each ride came out exactly once, as it must; how many of each kind there were."""
    rides = {(each.topic, each.partition, each.offset): each for each in site.read(site.rides)}
    predictions = {}
    last: dict[int, int] = {}
    for record in site.read(site.predictions):
        source = _source(dict(record.headers)["ridescore.source"].decode())
        assert source not in predictions, f"{source} was predicted twice"
        predictions[source] = record
        assert record.partition == source[1], "a prediction has its ride's partition"
        assert last.get(record.partition, -1) < source[2], "and its ride's order"
        last[record.partition] = source[2]
    letters = {}
    for record in site.read(site.letters):
        names = {name: (value or b"").decode() for name, value in record.headers}
        place = (names[f"__connect.errors.{name}"] for name in ("topic", "partition", "offset"))
        source = _source("-".join(place))
        assert source not in letters, f"{source} became a dead letter twice"
        letters[source] = record
    assert not predictions.keys() & letters.keys()
    assert predictions.keys() | letters.keys() == rides.keys()
    kinds = _check_content(rides, predictions, letters)
    _check_durations(site.taught.predict, rides, predictions)
    return kinds


def _check_content(rides: Any, predictions: Any, letters: Any) -> Counter[str]:
    kinds: Counter[str] = Counter()
    for source, ride in rides.items():
        out = predictions.get(source) or letters[source]
        names = {name: value for name, value in out.headers if value is not None}
        kind = "valid" if source in predictions else names["ridescore.reason"].decode()
        assert kind == _expected_kind(ride)
        assert (out.key, out.timestamp) == (ride.key, ride.timestamp)
        if ride.headers and None not in dict(ride.headers).values():
            assert list(out.headers)[: len(ride.headers)] == list(ride.headers)
        if source in letters:
            assert out.value == ride.value or (ride.key, ride.value, out.value) == (None, None, b"")
        kinds[kind] += 1
    return kinds


def _check_durations(predict: Predict, rides: Any, predictions: Any) -> None:
    sources = list(predictions)
    expected = predict([json.loads(rides[source].value) for source in sources])
    found = [json.loads(predictions[source].value) for source in sources]
    assert [each["duration"] for each in found] == pytest.approx(expected, rel=0, abs=1e-9)
    for source, prediction in zip(sources, found, strict=True):
        own = json.loads(rides[source].value).get("ride_id")
        assert prediction["ride_id"] == (own or "-".join(map(str, source)))


def _source(text: str) -> tuple[str, int, int]:
    topic, partition, offset = text.rsplit("-", 2)
    return topic, int(partition), int(offset)


def _expected_kind(ride: Any) -> str:
    kind = dict(ride.headers).get("kind")
    if kind:
        return str(kind.decode())
    zone = json.loads(ride.value)["PULocationID"]
    return "valid" if zone and 1 <= zone <= 265 else "invalid-ride"
