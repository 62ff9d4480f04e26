"""The worker after a failure: a new producer, back to the group's committed offsets, every ride out exactly once."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import worker.worker as loop
from scoring.errors import BrokerError, BrokerUnavailable, Fenced, TransactionLost

NewSite = Callable[..., Any]
STEPS = ("begin", "send", "flush", "send_offsets", "commit")


@pytest.mark.parametrize("error", [TransactionLost("lost"), BrokerUnavailable("gone")], ids=["lost", "unavailable"])
@pytest.mark.parametrize("step", STEPS)
def test_after_a_failure_at_any_step_every_ride_is_out_once(
    step: str, error: Exception, site: Any, ride_json: Callable[..., bytes]
) -> None:
    site.publish(*[ride_json(), None] * 20)
    site.run(site.worker([(step, error), (step, error)]), 40)
    assert site.sources() == site.rides()
    assert [producer.closed for producer in site.client.producers] == [True] * 3
    assert [producer.failed for producer in site.client.producers] == [True, True, False]
    assert site.client.calls.count(("consumer", "rewind")) == 2, "once for each loss, not for each batch after it"
    assert site.metrics.registry.get_sample_value("ridescore_transactions_total", {"result": "lost"}) == 2


@pytest.mark.parametrize("step", STEPS)
def test_the_consumer_goes_back_before_the_next_poll_and_the_producer_is_closed(
    step: str, site: Any, ride_json: Callable[..., bytes]
) -> None:
    site.publish(*[ride_json()] * 6)
    site.run(site.worker([(step, TransactionLost("lost"))]), 6)
    calls = site.client.calls
    failed_at = max(place for place, call in enumerate(calls) if call[:2] == ("producer", 0) and call[2] == step)
    after = calls[failed_at + 1 :]
    assert after[:3] == [("producer", 0, "close"), ("consumer", "rewind"), ("consumer", "poll")], "and not before"
    assert all(call[1] == 1 for call in after[1:] if call[0] == "producer"), "the first is never used again"


def test_a_broker_that_is_away_for_a_while_is_waited_for(site: Any, ride_json: Callable[..., bytes]) -> None:
    site.publish(*[ride_json()] * 10)
    away = ("create", BrokerUnavailable("no broker answers"))
    site.run(site.worker([away] * 4), 10)
    assert site.sources() == site.rides()
    assert len(site.client.producers) == 1


def test_a_poll_that_fails_is_tried_again(site: Any, ride_json: Callable[..., bytes]) -> None:
    site.publish(*[ride_json()] * 10)
    gone = BrokerUnavailable("gone")
    site.run(site.worker(poll_failures=[gone, None, gone]), 10)
    assert site.sources() == site.rides()


def test_pauses_grow_to_a_bound_and_begin_anew_after_a_batch(
    site: Any, ride_json: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker that is away is not asked all the time, nor forgotten."""
    pauses: list[float | None] = []

    class Noting(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            pauses.append(timeout)
            return self.is_set()

    monkeypatch.setattr(loop, "_FIRST_PAUSE_SECONDS", 1.0)
    monkeypatch.setattr(loop, "_LONGEST_PAUSE_SECONDS", 3.0)
    gone = BrokerUnavailable("gone")
    worker = site.worker(poll_failures=[gone, gone, gone, gone, None, gone])
    monkeypatch.setattr(worker, "_stop", Noting())
    site.publish(*[ride_json()] * 14)
    site.run(worker, 14)
    assert pauses == [1.0, 2.0, 3.0, 3.0, 1.0]


def test_a_poll_that_fails_in_the_middle_of_a_batch_loses_no_ride(
    new_site: NewSite, ride_json: Callable[..., bytes]
) -> None:
    site = new_site(batch_seconds=0.05, batch_rides=100)
    site.publish(*[ride_json()] * 10)
    site.run(site.worker(poll_failures=[None, BrokerUnavailable("gone")]), 10)
    assert site.sources() == site.rides()


@pytest.mark.parametrize("step", ["create", *STEPS])
def test_a_fenced_worker_stops_at_once(step: str, site: Any, ride_json: Callable[..., bytes]) -> None:
    site.publish(*[ride_json()] * 10)
    with pytest.raises(Fenced, match="taken"):
        site.run(site.worker([(step, Fenced("taken"))]), 10)
    assert all(producer.closed for producer in site.client.producers)
    assert len(site.client.producers) <= 1, "no other producer is made"
    assert site.client.calls[-1] == ("consumer", "close")
    assert not site.sources()


def test_a_broker_that_refuses_this_worker_stops_it(site: Any, ride_json: Callable[..., bytes]) -> None:
    site.publish(ride_json())
    with pytest.raises(BrokerError, match="not authorised"):
        site.run(site.worker([("send_offsets", BrokerError("not authorised"))]), 1)
    assert not site.sources()


def test_a_rebalance_while_a_batch_is_in_flight_loses_nothing(site: Any, ride_json: Callable[..., bytes]) -> None:
    """Another member joins and leaves between poll and commit: the broker refuses the stale membership."""
    site.publish(*[ride_json()] * 20)
    worker = site.worker()
    made = site.client.producer

    def disturbed(transactional_id: str) -> Any:
        producer = made(transactional_id)
        if len(site.client.producers) == 1:
            flush = producer.flush

            def flush_during_a_rebalance() -> None:
                flush()
                site.broker.join("group", "rides", "another")
                site.broker.leave("group", "another")

            producer.flush = flush_during_a_rebalance
        return producer

    site.client.producer = disturbed
    site.run(worker, 20)
    assert site.sources() == site.rides()
    assert len(site.client.producers) == 2


_errors = st.sampled_from([TransactionLost("lost"), BrokerUnavailable("gone")])
_failures = st.lists(
    st.none() | st.tuples(st.sampled_from(["create", *STEPS]), _errors),
    max_size=6,
)
_poll_failures = st.lists(st.none() | st.just(BrokerUnavailable("gone")), max_size=6)


@given(
    st.lists(st.sampled_from(["valid", "invalid", "tombstone"]), min_size=1, max_size=40),
    _failures,
    _poll_failures,
    st.integers(1, 12),
)
def test_whatever_fails_every_ride_is_out_once(
    new_site: NewSite,
    ride_json: Callable[..., bytes],
    kinds: list[str],
    failures: list[tuple[str, Exception] | None],
    poll_failures: list[Exception | None],
    batch_rides: int,
) -> None:
    values = {"valid": ride_json(), "invalid": b"{}", "tombstone": None}
    site = new_site(batch_rides=batch_rides)
    site.publish(*(values[kind] for kind in kinds))
    totals = site.run(site.worker(failures, poll_failures), len(kinds))
    assert site.sources() == site.rides()
    assert totals.predictions == kinds.count("valid")
    assert all(producer.closed for producer in site.client.producers)


def test_a_commit_that_happened_and_was_told_as_lost_doubles_nothing(
    site: Any, ride_json: Callable[..., bytes]
) -> None:
    """The answer to a commit may get lost; only the group's own offsets, asked later, say what became of it."""
    site.publish(*[ride_json()] * 21)
    site.run(site.worker([("committed", TransactionLost("no answer"))]), 14)
    assert site.sources() == site.rides()
