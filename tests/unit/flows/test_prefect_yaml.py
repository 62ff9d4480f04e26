"""`prefect.yaml` deploys every flow to a work pool, on the settings' own schedules and without telemetry."""

import importlib
from pathlib import Path

import yaml

from flows.catalogue import FLOWS
from scoring.settings.flows_settings import FlowsSettings

DEPLOYED = yaml.safe_load((Path(__file__).parents[3] / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]


def test_every_flow_is_deployed_from_where_it_is() -> None:
    found = []
    for each in DEPLOYED:
        path, _, name = each["entrypoint"].partition(":")
        module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
        found.append(getattr(module, name).name)
    assert sorted(found) == sorted(FLOWS)


def test_schedules_are_those_of_the_settings() -> None:
    crons = {
        each["entrypoint"].partition(":")[2]: [schedule["cron"] for schedule in each.get("schedules", [])]
        for each in DEPLOYED
    }
    settings = FlowsSettings()
    assert crons == {
        "score_files": [],
        "score_landing": [settings.landing_cron],
        "backfill": [],
        "train_and_register": [settings.training_cron],
    }


def test_one_run_at_a_time_and_no_telemetry() -> None:
    for each in DEPLOYED:
        assert each["concurrency_limit"] == {"limit": 1, "collision_strategy": "ENQUEUE"}
        assert each["work_pool"]["job_variables"]["env"]["DO_NOT_TRACK"] == "1"
        assert each["work_pool"]["job_variables"]["env"]["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
