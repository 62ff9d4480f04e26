"""Late scheduled runs collapse to one: the first to begin does the work of all that are due; it does all that is new.

They pile up while nobody serves, or while one run takes longer than the time between two. Runs that somebody started by
hand, or with other parameters, are left alone.
"""

import logging
from datetime import UTC, datetime
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
from prefect.client.schemas.sorting import FlowRunSort
from prefect.context import FlowRunContext
from prefect.states import Cancelled

log = logging.getLogger(__name__)


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
    needless = [other for other in due_runs(client, run.deployment_id) if other.parameters == run.parameters]
    for other in needless:
        done_by: State[None] = Cancelled(
            name="Superseded", message=f"the run {run.name} does its work, which began after this was due"
        )
        client.set_flow_run_state(other.id, done_by)
    if needless:
        log.info("late runs collapsed", extra={"runs": len(needless)})
    return len(needless)


def due_runs(client: SyncPrefectClient, deployment_id: UUID) -> list[FlowRun]:
    """Runs that the schedule made, that are due and have not begun; the latest first."""
    due = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=[deployment_id]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
        expected_start_time=FlowRunFilterExpectedStartTime.model_validate({"before_": datetime.now(UTC)}),
    )
    found: list[FlowRun] = []
    while True:
        page = client.read_flow_runs(flow_run_filter=due, sort=FlowRunSort.EXPECTED_START_TIME_DESC, offset=len(found))
        found += page
        if not page:
            return [run for run in found if run.auto_scheduled]
