"""A worker that is told to stop drains; one that is killed leaves nothing half done to its successor."""

from collections.abc import Callable
from signal import SIGINT, SIGKILL, SIGTERM
from typing import Any

import pytest

from tests.stream_site.checking import check

RIDES = 8_000


@pytest.mark.parametrize("number", [SIGTERM, SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_told_to_stop_in_mid_stream_it_drains_and_its_successor_goes_on(number: int, site: Callable[..., Any]) -> None:
    here = site(WORKER_BATCH_RIDES="50", WORKER_SHUTDOWN_SECONDS="20")
    here.publish(*here.mixed(RIDES))
    first = here.worker()
    here.wait_for_commits(lambda committed, end: committed > 0)
    assert first.stop(number) == 0
    assert '"worker stopped"' in first.log.read_text()
    committed, end = here.committed()
    assert 0 < committed < end == RIDES, "it was stopped in mid-stream"
    second = here.worker()
    here.wait_for_all()
    assert second.stop(SIGTERM) == 0
    assert check(here).total() == RIDES


def test_killed_again_and_again_every_ride_still_comes_out_once(site: Callable[..., Any]) -> None:
    """Each successor has the same slot, so that what its predecessor left open is aborted at once."""
    here = site(WORKER_BATCH_RIDES="40", WORKER_SLOT="blue")
    here.publish(*here.mixed(RIDES))
    seen = 0
    for _ in range(3):
        worker = here.worker()
        before = seen
        here.wait_for_commits(lambda committed, end, before=before: committed > before + 200)
        assert worker.stop(SIGKILL) == -SIGKILL
        seen = here.committed()[0]
        assert before + 200 < seen < RIDES, "it was killed in mid-stream"
    last = here.worker()
    here.wait_for_all()
    assert last.stop(SIGTERM) == 0
    assert check(here).total() == RIDES
