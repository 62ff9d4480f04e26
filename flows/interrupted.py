"""Runs whose process ended before they did are scheduled again: a stop or a crash costs a run nothing but time.

What they had staged is taken over, so nothing is scored twice.
"""

import logging
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterState,
    FlowRunFilterStateName,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.context import FlowRunContext
from prefect.states import Scheduled

from flows.all_runs import all_runs
from flows.late_runs import SUPERSEDED
from flows.process_mark import is_gone, mark_of

log = logging.getLogger(__name__)

_MAY_BE_INTERRUPTED: Final = FlowRunFilterState(
    type=FlowRunFilterStateType(any_=[StateType.RUNNING, StateType.PENDING, StateType.CANCELLED]),
    name=FlowRunFilterStateName(not_any_=[SUPERSEDED]),  # a run that others superseded is over, and there are many
)
_CLAIMED: Final = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PENDING]))
_LONGEST_CLAIM: Final = timedelta(minutes=10)  # a claimed run begins within seconds, or on a very busy machine minutes
_DONE: Final = (StateType.COMPLETED, StateType.FAILED)
# What Prefect's runner says of the runs that it ends with itself; a run that a person cancelled says otherwise.
STOPPED_WITH_RUNNER: Final = "Runner is shutting down."


def mark_this_process() -> None:
    """Say in which process the run that begins here is; only of runs that a deployment made."""
    context = FlowRunContext.get()
    if context and context.flow_run and context.flow_run.deployment_id:
        with get_client(sync_client=True) as client:
            client.update_flow_run(context.flow_run.id, infrastructure_pid=mark_of(os.getpid()))


def schedule_interrupted_runs(
    client: SyncPrefectClient, deployment_ids: Sequence[UUID], stopped_since: datetime | None = None
) -> int:
    """Schedule again, for now, what was interrupted on this host; how many runs. What was done by then stays done.

    Args:
        client: of the Prefect server.
        deployment_ids: of the deployments that are served here.
        stopped_since: when the runner was told to stop, where it was: what it ended since is ours, marked or not.
    """
    if not deployment_ids:
        return 0
    served = FlowRunFilterDeploymentId(any_=list(deployment_ids))
    again = 0
    for run in all_runs(client, FlowRunFilter(deployment_id=served, state=_MAY_BE_INTERRUPTED)):
        if not _is_interrupted(run, stopped_since):
            continue
        done = _done_before_it_was_stopped(client, run)
        if done is None:
            client.set_flow_run_state(run.id, Scheduled(message="its process had ended before it did"), force=True)
            again += 1
        else:
            client.set_flow_run_state(run.id, done, force=True)
    if again:
        log.warning("interrupted runs scheduled again", extra={"runs": again})
    return again


def schedule_abandoned_claims(
    client: SyncPrefectClient, deployment_ids: Sequence[UUID], now: datetime | None = None
) -> int:
    """Schedule again what a runner claimed and never began, as it was killed in between; how many runs.

    Such a run has no mark, and may be another host's: only its age tells.

    Args:
        client: of the Prefect server.
        deployment_ids: of the deployments that are served here.
        now: the time, with its zone; this moment by default.
    """
    if not deployment_ids:
        return 0
    served = FlowRunFilterDeploymentId(any_=list(deployment_ids))
    latest = (now or datetime.now(UTC)) - _LONGEST_CLAIM
    abandoned = [
        run
        for run in all_runs(client, FlowRunFilter(deployment_id=served, state=_CLAIMED))
        if run.state is not None and run.state.timestamp < latest and not run.infrastructure_pid
    ]
    for run in abandoned:
        client.set_flow_run_state(run.id, Scheduled(message="it was claimed, and never begun"), force=True)
    if abandoned:
        log.warning("interrupted runs scheduled again", extra={"runs": len(abandoned)})
    return len(abandoned)


def _is_interrupted(run: FlowRun, stopped_since: datetime | None) -> bool:
    if run.state is None:
        return False
    if run.state.type == StateType.CANCELLED:
        if run.state.message != STOPPED_WITH_RUNNER:
            return False
        if stopped_since is not None and run.state.timestamp >= stopped_since:
            return True
    return bool(run.infrastructure_pid) and is_gone(str(run.infrastructure_pid))


def _done_before_it_was_stopped(client: SyncPrefectClient, run: FlowRun) -> State[Any] | None:
    """How it ended, where the runner found its process still leaving and called the run cancelled nonetheless."""
    states = sorted(client.read_flow_run_states(run.id), key=lambda state: state.timestamp)
    while states and states[-1].type == StateType.CANCELLED:
        states.pop()
    return states[-1] if states and states[-1].type in _DONE else None
