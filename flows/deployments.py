"""The deployments of the flows: their names, schedules, and that one run of each is at work at a time."""

from typing import Any, Final, cast

from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from flows.catalogue import FLOWS
from scoring.errors import SettingsError
from scoring.settings.flows_settings import FlowsSettings

DEPLOYMENT: Final = "ridescore"
# A run that finds another at work waits in line; by when its turn comes, a later one may make it needless.
_ONE_AT_A_TIME: Final = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE)


def deployments(settings: FlowsSettings) -> list[RunnerDeployment]:
    """One of each flow, named ``<flow>/ridescore``; those of the landing folder and of training with a schedule.

    Raises:
        SettingsError: a schedule is none.
    """
    schedules = {
        "score_landing": _schedule("FLOWS_LANDING_CRON", settings.landing_cron, settings.time_zone),
        "train_and_register": _schedule("FLOWS_TRAINING_CRON", settings.training_cron, settings.time_zone),
    }
    return [
        cast(
            RunnerDeployment,
            flow.to_deployment(
                DEPLOYMENT,
                schedules=schedules.get(name, []),
                concurrency_limit=_ONE_AT_A_TIME,
                description=flow.description,
                tags=[DEPLOYMENT],
                entrypoint_type=EntrypointType.MODULE_PATH,  # runs import the flow, wherever they start
            ),
        )
        for name, flow in FLOWS.items()
    ]


def _schedule(setting: str, cron: str, time_zone: str) -> list[Any]:
    if not cron:
        return []
    from prefect.client.schemas.schedules import CronSchedule

    try:
        CronSchedule(cron=cron, timezone=time_zone)
    except ValueError as error:
        raise SettingsError(
            f"{setting}={cron} is no cron schedule; write minute, hour, day, month and weekday, such as '0 * * * *'"
        ) from error
    return [Cron(cron, timezone=time_zone)]
