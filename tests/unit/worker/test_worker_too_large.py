"""A ride whose prediction no broker takes becomes a dead letter alone; one whose dead letter is too large stops all."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from scoring.errors import BrokerError, RecordsTooLarge, TransactionLost
from worker.clients import memory
from worker.dead_letter import header

LARGE = [("copied", b"x" * 5_000)]


@pytest.fixture
def larger_dead_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dead letters' topic takes larger records than predictions', as `ridescore topics create` makes it."""
    size = memory.record_bytes
    monkeypatch.setattr(memory, "record_bytes", lambda record: size(record) if record.topic == "predictions" else 0)


@pytest.mark.usefixtures("larger_dead_letters")
def test_only_the_ride_at_fault_becomes_a_dead_letter(site: Any, ride_json: Callable[..., bytes]) -> None:
    site.publish(*[ride_json()] * 4)
    site.publish(ride_json(), headers=LARGE)
    site.publish(*[ride_json()] * 4)
    site.broker.max_record_bytes = 2_000
    site.run(site.worker(), 9)
    assert site.sources() == site.rides()
    (letter,) = site.written("rides.dead-letters")
    assert header(letter.headers, "ridescore.reason") == "too-large"
    assert header(letter.headers, "copied") == "x" * 5_000
    count = site.metrics.registry.get_sample_value
    assert count("ridescore_dead_letters_total", {"reason": "too-large"}) == 1
    assert count("ridescore_transactions_total", {"result": "lost"}) == 1


@pytest.mark.usefixtures("larger_dead_letters")
def test_the_verdict_survives_other_failures(site: Any, ride_json: Callable[..., bytes]) -> None:
    site.publish(ride_json(), headers=LARGE)
    site.publish(*[ride_json()] * 4)
    site.broker.max_record_bytes = 2_000
    lost = TransactionLost("lost")
    site.run(site.worker([None, ("commit", lost), ("flush", lost)]), 5)
    assert site.sources() == site.rides()
    assert len(site.written("rides.dead-letters")) == 1


@pytest.mark.usefixtures("larger_dead_letters")
def test_every_large_ride_of_a_batch_is_found(site: Any, ride_json: Callable[..., bytes]) -> None:
    site.publish(*[ride_json()] * 6, headers=LARGE)
    site.broker.max_record_bytes = 2_000
    totals = site.run(site.worker(), 6)
    assert (totals.predictions, totals.dead_letters) == (0, 6)
    assert site.sources() == site.rides()


def test_a_dead_letter_that_is_too_large_stops_the_worker_and_skips_nothing(
    site: Any, ride_json: Callable[..., bytes]
) -> None:
    site.publish(*[ride_json()] * 3)
    site.publish(b"x" * 5_000)
    site.publish(*[ride_json()] * 3)
    site.broker.max_record_bytes = 2_000
    with pytest.raises(BrokerError, match=r"rides-0-1 .*raise that topic's max\.message\.bytes.*nothing was skipped"):
        site.run(site.worker(), 7)
    assert not site.sources()
    assert all(producer.closed for producer in site.client.producers)

    site.broker.max_record_bytes = 20_000  # as the message says, and started again
    site.run(site.worker(), 7)
    assert site.sources() == site.rides()


@pytest.mark.usefixtures("larger_dead_letters")
def test_rides_clearly_larger_than_a_refused_one_are_not_tried_one_by_one(
    site: Any, ride_json: Callable[..., bytes]
) -> None:
    """A client may name one record a try; each try costs a transaction and a new producer."""
    for size in (3_000, 4_000, 5_000, 6_000):
        site.publish(ride_json(), headers=[("copied", b"x" * size)])
    site.publish(*[ride_json()] * 3)
    worker = site.worker(producer_failures=[("flush", RecordsTooLarge(frozenset({0})))])
    totals = site.run(worker, 7)
    assert (totals.predictions, totals.dead_letters) == (3, 4)
    assert len(site.client.producers) == 2


@pytest.mark.usefixtures("larger_dead_letters")
def test_a_dead_letter_larger_than_a_refused_prediction_keeps_its_own_reason(
    site: Any, ride_json: Callable[..., bytes]
) -> None:
    site.publish(ride_json(), headers=LARGE)
    site.publish(b"?" * 9_000)
    site.broker.max_record_bytes = 2_000
    site.run(site.worker(), 2)
    reasons = Counter(header(letter.headers, "ridescore.reason") for letter in site.written("rides.dead-letters"))
    assert reasons == {"too-large": 1, "undecodable": 1}


@pytest.mark.usefixtures("larger_dead_letters")
@pytest.mark.parametrize(("more_bytes", "predictions"), [(30, 1), (100, 0)], ids=["about as large", "clearly larger"])
def test_a_ride_about_as_large_as_a_refused_one_is_tried(
    site: Any, ride_json: Callable[..., bytes], more_bytes: int, predictions: int
) -> None:
    """Sizes are known to some bytes only: the broker, not our count, decides what is close."""
    for size in (1_000, 1_000 + more_bytes):
        site.publish(ride_json(), headers=[("copied", b"x" * size)])
    totals = site.run(site.worker(producer_failures=[("flush", RecordsTooLarge(frozenset({0})))]), 2)
    assert totals.predictions == predictions
