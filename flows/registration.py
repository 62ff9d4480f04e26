"""Registers the deployments with the Prefect server, so that no run of their schedules is lost by it."""

from datetime import UTC, datetime
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.runner import Runner

from flows.deployments import deployments
from scoring.settings.flows_settings import FlowsSettings


def register(runner: Runner, settings: FlowsSettings) -> list[UUID]:
    """Register every deployment; their ids.

    The server deletes the runs that a deployment has ahead of it, and its scheduler makes them anew seconds later, from
    then on: what falls due in between would never run. So they are asked for at once, and from the beginning.

    Args:
        runner: which is going to start their runs.
        settings: of their schedules.

    Raises:
        SettingsError: a schedule is none.
    """
    begun = datetime.now(UTC).isoformat()
    made = deployments(settings)
    ids: list[UUID] = [runner.add_deployment(each) for each in made]  # type: ignore[misc]
    with get_client(sync_client=True) as client:
        for deployment, deployment_id in zip(made, ids, strict=True):
            if deployment.schedules:
                where = {"id": deployment_id}
                client.request("POST", "/deployments/{id}/schedule", path_params=where, json={"start_time": begun})
    return ids
