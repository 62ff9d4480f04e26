"""Late scheduled runs collapse to one: the first to begin does the work of all that are due; it does all that is new.

They pile up while nobody serves, or while one run takes longer than the time between two. Runs that somebody started by
hand, or with other parameters, are left alone.
"""

import logging
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.context import FlowRunContext
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled

from flows.all_runs import all_runs

log = logging.getLogger(__name__)

SUPERSEDED: Final = "Superseded"


def collapse_late_runs() -> None:
    """For the run that this is called in, as it begins and before it looks for work; nothing but for scheduled ones."""
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    if run is not None and run.auto_scheduled:
        with get_client(sync_client=True) as client:
            take_over(client, run)


def take_over(client: SyncPrefectClient, run: FlowRun) -> int:
    """Cancel all runs that are due, and that this one makes needless; how many.

    Args:
        client: of the Prefect server.
        run: it has begun; what was due until now is in the work that it is about to look for.
    """
    if run.deployment_id is None:
        return 0
    done_by: State[None] = Cancelled(
        name=SUPERSEDED, message=f"the run {run.name} does its work, which began after this was due"
    )
    superseded = 0
    for other in due_runs(client, run.deployment_id):
        if other.parameters != run.parameters:
            continue
        try:
            client.set_flow_run_state(other.id, done_by)
        except ObjectNotFound:  # somebody deleted it meanwhile
            continue
        superseded += 1
    if superseded:
        log.info("late runs collapsed", extra={"runs": superseded})
    return superseded


def due_runs(client: SyncPrefectClient, deployment_id: UUID) -> list[FlowRun]:
    """Runs that the schedule made, that are due and have not begun; the latest first."""
    now = datetime.now(UTC)
    due = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=[deployment_id]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
        expected_start_time=FlowRunFilterExpectedStartTime.model_validate({"before_": now}),
    )
    found = [run for run in all_runs(client, due) if run.auto_scheduled]
    return sorted(found, key=lambda run: run.expected_start_time or now, reverse=True)
