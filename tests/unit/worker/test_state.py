"""What the probes are told: whether the loop moves, and whether the worker scores."""

import pytest

from worker.state import WorkerState


def test_a_loop_that_stands_still_too_long_is_not_live() -> None:
    now = [100.0]
    state = WorkerState(slow_seconds=30.0, clock=lambda: now[0])
    assert state.live(), "it has just been made"
    now[0] = 130.0
    assert state.live()
    now[0] = 130.5
    assert not state.live()
    state.moved()
    assert state.live()


@pytest.mark.parametrize(
    ("partitions", "version", "stopping", "ready"),
    [(2, "v1", False, True), (0, "v1", False, False), (2, "", False, False), (2, "v1", True, False)],
    ids=["scoring", "no partitions", "no model", "stopping"],
)
def test_ready_needs_partitions_a_model_and_no_stop(partitions: int, version: str, stopping: bool, ready: bool) -> None:
    state = WorkerState(30.0, partitions=partitions, model_version=version, stopping=stopping)
    assert state.ready() is ready
