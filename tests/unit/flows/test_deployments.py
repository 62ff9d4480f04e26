"""What is deployed: every flow, one run of each at a time, on the schedules of the settings."""

import pytest

from flows.catalogue import FLOWS
from flows.deployments import deployments
from scoring.errors import SettingsError
from scoring.settings.flows_settings import FlowsSettings


def test_every_flow_is_deployed_one_run_at_a_time_in_the_order_they_came() -> None:
    made = deployments(FlowsSettings())
    assert [each.full_name for each in made] == [f"{name}/ridescore" for name in FLOWS]
    for each in made:
        assert each.concurrency_limit == 1
        assert each.concurrency_options is not None
        assert each.concurrency_options.collision_strategy == "ENQUEUE"
        assert each.entrypoint == f"flows.{each.flow_name}.{each.flow_name}"
        assert each.description


def test_landing_and_training_are_scheduled_as_the_settings_say() -> None:
    made = {
        each.flow_name: each.schedules or []
        for each in deployments(
            FlowsSettings(landing_cron="*/5 * * * *", training_cron="0 4 1 * *", time_zone="America/New_York")
        )
    }
    for name, cron in (("score_landing", "*/5 * * * *"), ("train_and_register", "0 4 1 * *")):
        ((schedule),) = made[name]
        assert (schedule.schedule.cron, schedule.schedule.timezone) == (cron, "America/New_York")
    assert made["score_files"] == made["backfill"] == []


def test_an_empty_schedule_is_none() -> None:
    made = deployments(FlowsSettings(landing_cron="", training_cron=""))
    assert [each.schedules or [] for each in made] == [[], [], [], []]


@pytest.mark.parametrize("cron", ["hourly", "61 * * * *", "* * *"])
def test_a_schedule_that_is_none_is_told_by_its_setting(cron: str) -> None:
    with pytest.raises(SettingsError, match="FLOWS_TRAINING_CRON="):
        deployments(FlowsSettings(training_cron=cron))


def test_a_time_zone_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        FlowsSettings(time_zone="Mars/Olympus")
