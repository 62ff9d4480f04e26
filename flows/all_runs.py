"""All runs that a filter of Prefect's lets through: its server gives 200 at a time, and says nothing of the rest."""

from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import FlowRunSort


def all_runs(client: SyncPrefectClient, wanted: FlowRunFilter) -> list[FlowRun]:
    """Every run, each once, the newest first; also where others appear meanwhile."""
    found: dict[UUID, FlowRun] = {}
    offset = 0
    while page := client.read_flow_runs(flow_run_filter=wanted, sort=FlowRunSort.ID_DESC, offset=offset):
        offset += len(page)
        found |= {run.id: run for run in page}
    return list(found.values())
