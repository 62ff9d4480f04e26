"""The limit of dead letters: a share over a window, judged before a batch is committed."""

from collections.abc import Callable
from typing import Any

import pytest

from scoring.errors import DeadLetterLimitExceeded
from worker.clients.client import Partition
from worker.dead_letter_limit import FEWEST_RIDES, DeadLetterLimit


def test_without_a_limit_any_share_passes() -> None:
    limit = DeadLetterLimit(None, 1_000)
    limit.refuse(1_000, 1_000)
    limit.committed(1_000, 1_000)
    limit.refuse(1_000, 1_000)


def test_a_share_over_the_limit_is_refused_with_what_to_do() -> None:
    limit = DeadLetterLimit(0.1, 1_000)
    limit.refuse(1_000, 100)
    with pytest.raises(
        DeadLetterLimitExceeded, match=r"101 of the last 1,000 rides .* \(0\.1\) allows; .* not committed"
    ):
        limit.refuse(1_000, 101)


def test_a_limit_of_zero_refuses_the_first_dead_letter_of_enough_rides() -> None:
    limit = DeadLetterLimit(0.0, 1_000)
    limit.refuse(FEWEST_RIDES - 1, 1)
    with pytest.raises(DeadLetterLimitExceeded):
        limit.refuse(FEWEST_RIDES, 1)


def test_few_rides_prove_nothing() -> None:
    DeadLetterLimit(0.01, 1_000).refuse(FEWEST_RIDES - 1, FEWEST_RIDES - 1)


def test_earlier_batches_count_until_they_leave_the_window() -> None:
    limit = DeadLetterLimit(0.25, 1_000)
    limit.committed(500, 400)
    with pytest.raises(DeadLetterLimitExceeded):
        limit.refuse(200, 100)
    limit.committed(1_000, 0)  # the window is full without the first batch
    limit.refuse(200, 100)


def test_a_refused_batch_does_not_count() -> None:
    limit = DeadLetterLimit(0.1, 1_000)
    limit.committed(1_000, 0)
    for _ in range(3):
        limit.refuse(100, 100)


def test_a_worker_over_the_limit_stops_and_commits_nothing_of_the_batch(
    new_site: Callable[..., Any], ride_json: Callable[..., bytes]
) -> None:
    site = new_site(dead_letter_limit=0.2, batch_rides=1_000)
    site.publish(*[ride_json()] * 120)
    site.run(site.worker(), 120)
    site.publish(*[ride_json()] * 20, *[b"?"] * 90)
    with pytest.raises(DeadLetterLimitExceeded):
        site.worker().run()
    assert site.written("rides.dead-letters") == []
    assert len(site.written("predictions")) == 120
    assert site.broker.committed("group", Partition("rides", 0)) == 40


def test_a_worker_counts_the_batches_before(new_site: Callable[..., Any], ride_json: Callable[..., bytes]) -> None:
    """Sixty rides prove nothing alone; after sixty sound ones, thirty that are not are a quarter of what was seen."""
    site = new_site(dead_letter_limit=0.2, batch_rides=60)
    site.publish(*[ride_json()] * 60)
    worker = site.worker()

    def publish_more(totals: Any) -> None:
        if totals.predictions > 60:
            worker.stop()
        site.publish(*[ride_json(), b"?"] * 30)

    with pytest.raises(DeadLetterLimitExceeded, match="30 of the last 120 rides"):
        worker.run(publish_more)
    assert worker.totals.predictions == 60
