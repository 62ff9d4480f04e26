"""The probes of a worker that runs: what an orchestrator and a monitor see."""

import json
import time
from collections.abc import Callable
from signal import SIGTERM
from typing import Any

from prometheus_client.parser import text_string_to_metric_families


def test_probes_follow_a_workers_life(site: Callable[..., Any]) -> None:
    here = site()
    here.publish(*here.mixed(200))
    worker = here.worker()
    here.wait_for_all()
    status, body = worker.ask("/ready")
    assert status == 200
    ready = json.loads(body)
    assert (ready["status"], ready["partitions"]) == ("ok", 3)
    assert ready["model_version"] == worker.started()["model_version"]
    assert worker.ask("/live")[0] == 200
    assert worker.ask("/elsewhere")[0] == 404

    deadline = time.monotonic() + 10
    while _value(worker, "ridescore_rides_total", outcome="scored") < 180:  # counted just after the commit
        assert time.monotonic() < deadline
    assert _value(worker, "ridescore_rides_total", outcome="scored") == 180
    assert _value(worker, "ridescore_rides_total", outcome="dead-letter") == 20
    assert _value(worker, "ridescore_transactions_total", result="committed") >= 1
    assert _value(worker, "ridescore_dead_letters_total", reason="tombstone") == 2
    assert _value(worker, "ridescore_rebalances_total") >= 1
    assert _value(worker, "ridescore_model_info", version=ready["model_version"]) == 1
    for partition in range(3):
        assert _value(worker, "ridescore_lag_records", partition=str(partition)) == 0
    assert worker.stop(SIGTERM) == 0


def _value(worker: Any, name: str, **labels: str) -> float:
    for family in text_string_to_metric_families(worker.ask("/metrics")[1]):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return float(sample.value)
    return 0.0
