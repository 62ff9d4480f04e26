"""The profiles `dask` and `demo`: flows score on Dask's workers, and rides come at a rate."""

import json

from tests.e2e.conftest import Figures
from tests.e2e.prefect_runs import run_deployment
from tests.e2e.stack import Stack, wait_until
from tests.e2e.topics import Topics
from training import sample_rides

SETTINGS = {"FLOWS_DASK_ADDRESS": "tcp://dask-scheduler:8786", "DEMO_RATE": "100"}


def test_flows_score_on_the_workers_of_dask(stack: Stack, figures: Figures) -> None:
    parts = ("prefect", "flows", "dask-scheduler", "dask-worker")
    stack.compose("--profile", "dask", "up", "--detach", "--wait", "--scale", "dask-worker=2", *parts)
    for month in (sample_rides.FEBRUARY, sample_rides.MARCH):
        stack.compose("cp", str(month), f"flows:/rides/{month.name}")
    seconds = run_deployment(stack, "score_landing")
    committed = json.dumps(json.loads(stack.compose("run", "--rm", "batch", "show", "/predictions", "--json")))
    assert sample_rides.FEBRUARY.stem in committed
    assert sample_rides.MARCH.stem in committed
    assert "dask-scheduler" in stack.compose("logs", "flows", "dask-worker")
    figures.add(f"two files on two Dask workers: {seconds:.0f} s from the request to its end")


def test_the_demo_profile_publishes_rides_that_are_scored(stack: Stack) -> None:
    stack.compose("--profile", "demo", "up", "--detach", "--wait", "kafka", "topics", "worker", "publisher")
    topics = Topics.at(stack.port("KAFKA_PORT"))
    wait_until("predictions of published rides", lambda: len(topics.predictions()) > 300)
