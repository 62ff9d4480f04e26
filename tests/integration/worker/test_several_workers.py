"""Workers of one group share the partitions; one that leaves hands its share over."""

import json
import time
from collections.abc import Callable
from signal import SIGTERM
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.stream_site.checking import check


def test_two_workers_share_the_work_and_one_takes_over(site: Callable[..., Any]) -> None:
    here = site(WORKER_BATCH_RIDES="100")
    first, second = here.worker(), here.worker()
    assert first.started()["slot"] != second.started()["slot"]
    _wait_until(lambda: sorted(_partitions(each) for each in (first, second)) == [1, 2])

    here.publish(*here.mixed(3_000))
    here.wait_for_all()
    scored = [_scored(each) for each in (first, second)]
    assert sorted(scored) == [1_000, 2_000], "each scored its share"

    assert first.stop(SIGTERM) == 0
    here.publish(*here.mixed(300, seed=2))
    here.wait_for_all()
    _wait_until(lambda: _partitions(second) == 3)
    assert second.stop(SIGTERM) == 0
    assert check(here).total() == 3_300


@pytest.mark.parametrize("assignor", ["range", "roundrobin", "cooperative-sticky"])
@pytest.mark.parametrize("client", ["kafka-python", "confluent"])
def test_a_worker_that_joins_in_mid_stream_doubles_and_loses_nothing(
    client: str, assignor: str, site: Callable[..., Any]
) -> None:
    here = site(KAFKA_CLIENT=client, WORKER_ASSIGNOR=assignor, WORKER_BATCH_RIDES="40")
    here.publish(*here.mixed(6_000))
    here.worker()
    here.wait_for_commits(lambda committed, end: committed > 0)
    second = here.worker()
    _wait_until(lambda: _partitions(second) > 0)
    here.publish(*here.mixed(900, seed=3))
    here.wait_for_all()
    assert [each.stop(SIGTERM) for each in here.workers] == [0, 0]
    assert check(here).total() == 6_900


@pytest.mark.parametrize("client", ["kafka-python", "confluent"])
def test_static_members_with_cooperative_rebalances_share_restart_and_lose_nothing(
    site: Callable[..., Any], client: str
) -> None:
    here = site(
        KAFKA_CLIENT=client,
        WORKER_ASSIGNOR="cooperative-sticky",
        WORKER_STATIC_MEMBERSHIP="true",
        WORKER_BATCH_RIDES="100",
        WORKER_SESSION_TIMEOUT_SECONDS="10",
    )
    first = here.worker(WORKER_SLOT="one")
    here.publish(*here.mixed(1_000))
    here.wait_for_commits(lambda committed, end: committed > 0)
    here.worker(WORKER_SLOT="two")
    here.publish(*here.mixed(1_000, seed=4))
    assert first.stop(SIGTERM) == 0
    here.worker(WORKER_SLOT="one")
    here.publish(*here.mixed(1_000, seed=5))
    here.wait_for_all()
    assert check(here).total() == 3_000


def _partitions(worker: Any) -> int:
    return int(json.loads(worker.ask("/ready")[1])["partitions"])


def _scored(worker: Any) -> int:
    families = text_string_to_metric_families(worker.ask("/metrics")[1])
    rides = next(family for family in families if family.name == "ridescore_rides")
    return int(sum(sample.value for sample in rides.samples if sample.name == "ridescore_rides_total"))


def _wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline, "the workers did not share the partitions in time"
        time.sleep(0.1)
