"""The worker on a broker in memory: every ride comes out once, is counted, and stopping drains."""

import gc
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from scoring.errors import Fenced, SettingsError
from worker.clients.client import Client, TopicPlan
from worker.worker import phase_bounds, refuse_unfit_topics

NewSite = Callable[..., Any]


def mixed(ride_json: Callable[..., bytes], count: int) -> list[bytes | None]:
    kinds = (ride_json(), b"\xff", ride_json(PULocationID=0), None, ride_json(trip_distance=300.0), ride_json())
    return [kinds[number % len(kinds)] for number in range(count)]


def test_every_ride_comes_out_exactly_once(site: Any, ride_json: Callable[..., bytes]) -> None:
    site.publish(*mixed(ride_json, 120))
    totals = site.run(site.worker(), 120)
    assert site.sources() == site.rides()
    assert (totals.predictions, totals.dead_letters) == (60, 60)
    assert len(site.written("predictions")) == 60
    assert totals.busy_seconds > 0


def test_predictions_keep_the_partition_key_time_and_order_of_their_rides(
    site: Any, ride_json: Callable[..., bytes]
) -> None:
    site.publish(*[ride_json()] * 50, headers=[("trace", b"1")])
    site.run(site.worker(), 50)
    rides, predictions = site.written("rides"), site.written("predictions")
    kept = [(each.partition, each.offset, each.key, each.timestamp) for each in rides]
    assert [(each.partition, each.offset, each.key, each.timestamp) for each in predictions] == kept
    assert all(each.headers[0] == ("trace", b"1") for each in predictions)


def test_committed_batches_are_counted(site: Any, ride_json: Callable[..., bytes]) -> None:
    site.publish(*mixed(ride_json, 60), ride_json(PULocationID=265, DOLocationID=264))
    site.run(site.worker(), 61)
    count = site.metrics.registry.get_sample_value
    assert count("ridescore_rides_total", {"door": "stream", "outcome": "scored"}) == 31
    assert count("ridescore_rides_total", {"door": "stream", "outcome": "dead-letter"}) == 30
    for reason in ("undecodable", "invalid-ride", "tombstone"):
        assert count("ridescore_dead_letters_total", {"reason": reason}) == 10
    assert count("ridescore_transactions_total", {"result": "committed"}) == 9, "batches of seven"
    assert count("ridescore_transactions_total", {"result": "lost"}) is None
    assert count("ridescore_batch_rides_sum", {"door": "stream"}) == 61
    assert count("ridescore_predicted_minutes_count", {"door": "stream"}) == 31
    assert count("ridescore_suspect_rides_total", {"reason": "distance"}) == 10
    assert count("ridescore_unknown_routes_total", {"door": "stream"}) >= 1
    for partition in range(3):
        assert count("ridescore_lag_records", {"topic": "rides", "partition": str(partition)}) == 0


def test_the_next_worker_goes_on_where_the_last_one_stopped(site: Any, ride_json: Callable[..., bytes]) -> None:
    site.publish(*[ride_json()] * 30)
    site.run(site.worker(), 30)
    site.publish(*[ride_json()] * 12)
    site.run(site.worker(), 12)
    assert site.sources() == site.rides()


def test_stopping_finishes_the_batch_in_flight_and_leaves_the_rest(site: Any, ride_json: Callable[..., bytes]) -> None:
    site.publish(*[ride_json()] * 40)
    worker = site.worker()
    worker.run(lambda _totals: worker.stop())
    assert worker.stopping
    assert worker.totals.predictions == 7, "one batch"
    assert sum(site.sources().values()) == 7
    assert site.client.calls[-2:] == [("producer", 0, "close"), ("consumer", "close")]
    site.run(site.worker(), 33)
    assert site.sources() == site.rides()


def test_stopping_before_it_runs_reads_nothing(site: Any, ride_json: Callable[..., bytes]) -> None:
    site.publish(ride_json())
    worker = site.worker()
    worker.stop()
    worker.run()
    assert site.client.calls == [("consumer", "close")]
    assert site.sources() == Counter()


def test_the_state_tells_of_the_model_the_partitions_and_the_stop(site: Any, ride_json: Callable[..., bytes]) -> None:
    site.publish(ride_json())
    worker = site.worker()
    assert not site.state.ready()
    seen: list[tuple[str, int, bool]] = []

    def note_and_stop(_totals: object) -> None:
        seen.append((site.state.model_version, site.state.partitions, site.state.ready()))
        worker.stop()

    worker.run(note_and_stop)
    assert seen == [("v1", 3, True)]
    assert site.state.stopping
    assert not site.state.ready()


def test_the_producer_is_made_before_the_first_poll_and_kept(site: Any, ride_json: Callable[..., bytes]) -> None:
    """What a predecessor of the slot left open hides its offsets until its successor has it aborted."""
    site.publish(*[ride_json()] * 30)
    worker = site.worker()
    polls_before: list[int] = []
    made = site.client.producer

    def note(transactional_id: str) -> Any:
        polls_before.append(site.client.calls.count(("consumer", "poll")))
        assert transactional_id == "slot"
        return made(transactional_id)

    site.client.producer = note
    site.run(worker, 30)
    assert polls_before == [0]


@pytest.mark.parametrize(("static", "instance"), [(False, ""), (True, "slot")])
def test_a_static_member_is_known_by_its_slot(static: bool, instance: str, new_site: NewSite) -> None:
    site = new_site(static_membership=static)
    worker = site.worker()
    made = site.client.consumer
    asked: list[str] = []
    site.client.consumer = lambda instance="": asked.append(instance) or made(instance)
    worker.stop()
    worker.run()
    assert asked == [instance]


def test_a_worker_whose_slot_is_taken_stops_with_fenced(site: Any, ride_json: Callable[..., bytes]) -> None:
    site.publish(*[ride_json()] * 30)
    worker = site.worker()
    with pytest.raises(Fenced, match="slot"):
        worker.run(lambda _totals: site.broker.next_epoch("slot"))
    assert site.client.calls[-2:] == [("producer", 0, "close"), ("consumer", "close")]
    site.run(site.worker(), 23)
    assert site.sources() == site.rides(), "the other one goes on, and nothing is lost or doubled"


def test_missing_topics_are_named_with_the_remedy(site: Any) -> None:
    site.client.delete_topics(["rides", "rides.dead-letters"])
    with pytest.raises(SettingsError) as refused:
        site.worker().run()
    assert str(refused.value) == (
        "there is no topic rides, rides.dead-letters; make it: ridescore topics create "
        "(where brokers have access rules: or grant this login DESCRIBE on it)"
    )
    assert site.client.calls == [], "before anything is read"


def test_too_few_partitions_for_predictions_are_refused(site: Any) -> None:
    client: Client = site.client
    client.delete_topics(["predictions"])
    client.create_topics([TopicPlan("predictions", 2, 1, {})])
    with pytest.raises(SettingsError, match=r"predictions has 2 partitions and rides has 3; .*give predictions 3 at"):
        refuse_unfit_topics(client, site.settings)


@pytest.mark.parametrize("partitions", [3, 8])
def test_as_many_partitions_or_more_are_fine_and_dead_letters_may_have_one(site: Any, partitions: int) -> None:
    client: Client = site.client
    client.delete_topics(["predictions", "rides.dead-letters"])
    client.create_topics([TopicPlan("predictions", partitions, 1, {}), TopicPlan("rides.dead-letters", 1, 1, {})])
    refuse_unfit_topics(client, site.settings)


def test_each_phase_that_waits_for_a_broker_has_a_bound(new_site: NewSite) -> None:
    settings = new_site(
        transaction_timeout_seconds=20.0, delivery_timeout_seconds=40.0, max_poll_interval_seconds=90.0
    ).settings
    bounds = phase_bounds(settings)
    for phase in ("begin", "offsets", "commit"):
        assert bounds[phase] == 35.0, "after the transaction's timeout the broker has aborted it; and a grace"
    for phase in ("send", "flush"):
        assert bounds[phase] == 55.0, "the client's own bound and a grace"
    assert bounds["connect"] > bounds["flush"]
    assert bounds["poll"] == bounds["score"] == 90.0
    assert "idle" not in bounds


def test_an_idle_worker_collects_what_its_client_left(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With seldom collections the sockets of refused connections would use up the file descriptors in an outage."""

    class Left:
        """In a cycle with itself, as kafka-python's sockets are."""

        def __init__(self) -> None:
            self.me = self

    monkeypatch.setattr("worker.worker._COLLECT_SECONDS", 0.0)
    monkeypatch.setattr("worker.worker._IDLE_SECONDS", 0.01)
    gc.disable()
    try:
        left = weakref.ref(Left())
        assert left() is not None
        worker = site.worker()
        running = threading.Thread(target=worker.run)
        running.start()
        ends = time.monotonic() + 30
        while left() is not None and time.monotonic() < ends:
            time.sleep(0.01)
        worker.stop()
        running.join(30)
        assert left() is None
    finally:
        gc.enable()
