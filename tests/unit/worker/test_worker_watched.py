"""What the loop tells of itself: each phase to the watchdog before it waits, each round to the probe, the stop to both.

A call that hangs in a phase that the watchdog was not told of would hang for ever.
"""

from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest

from scoring.errors import TransactionLost
from worker.state import WorkerState
from worker.watchdog import Watchdog

Phases = list[tuple[str, str]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Every phase that a watchdog is told of; a site's client adds its calls where it is given this list."""
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(Watchdog, "reached", lambda _watchdog, phase: calls.append(("phase", phase)))
    return calls


def with_their_phase(calls: list[tuple[Any, ...]]) -> Phases:
    """Each call to the client, and the phase that the watchdog believed in meanwhile."""
    found, phase = [], "none"
    for call in calls:
        if call[0] == "phase":
            phase = call[1]
        else:
            found.append((phase, f"{call[0]} {call[-1]}"))
    return found


def test_each_call_to_the_broker_is_made_in_a_phase_of_its_own(
    site: Any, ride_json: Callable[..., bytes], told: list[tuple[Any, ...]]
) -> None:
    site.publish(ride_json())
    worker = site.worker([("commit", TransactionLost("lost"))])
    site.client.calls = told
    made_producer, made_consumer = site.client.producer, site.client.consumer
    site.client.producer = lambda slot: told.append(("client", "producer")) or made_producer(slot)
    site.client.consumer = lambda instance: told.append(("client", "consumer")) or made_consumer(instance)
    site.run(worker, 1)
    transaction = [
        ("poll", "consumer poll"),
        ("begin", "producer begin"),
        ("send", "producer send"),
        ("flush", "producer flush"),
        ("offsets", "producer send_offsets"),
        ("commit", "producer commit"),
    ]
    assert with_their_phase(told) == [
        ("connect", "client consumer"),
        ("connect", "client producer"),
        *transaction,
        ("close", "producer close"),
        ("connect", "client producer"),
        ("connect", "consumer rewind"),
        *transaction,
        ("close", "producer close"),
        ("idle", "consumer close"),
    ]


def test_scoring_is_a_phase_and_waiting_for_rides_is_none(
    site: Any, ride_json: Callable[..., bytes], told: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    site.publish(ride_json())
    worker = site.worker()
    collected = []
    monkeypatch.setattr(worker, "_collect", lambda: collected.append(told[-1]) or worker.stop())
    worker.run()
    phases = [phase for kind, phase in told if kind == "phase"]
    assert phases[: phases.index("begin")] == ["connect", "connect", "poll", "score"]
    assert collected == [("phase", "idle")], "nothing came any more"


def test_each_round_of_the_loop_keeps_it_alive(
    site: Any, ride_json: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = Mock()
    worker = site.worker()
    monkeypatch.setattr(WorkerState, "moved", rounds)
    site.publish(*[ride_json()] * 21)
    site.run(worker, 21)
    assert rounds.call_count == 3, "batches of seven"


def test_a_worker_that_is_told_to_stop_has_so_long(
    new_site: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = new_site(shutdown_seconds=12.0)
    ends: list[float] = []
    monkeypatch.setattr(Watchdog, "end_within", lambda _watchdog, seconds: ends.append(seconds))
    site.worker().stop()
    assert ends == [12.0]
