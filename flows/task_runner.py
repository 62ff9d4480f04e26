"""On what the tasks of a flow run: this machine, or Dask's workers where FLOWS_DASK_ADDRESS names a scheduler.

Chosen when a run begins, since a flow is declared before there are settings.
"""

from typing import Any, Final

from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from scoring.errors import SettingsError
from scoring.settings.settings import read_settings

LOCAL_CLUSTER: Final = "local"


def by_settings() -> Any:
    """For a flow's declaration."""
    return SettingsTaskRunner()


class SettingsTaskRunner(ThreadPoolTaskRunner[Any]):
    """Stands in a flow's declaration for what the settings of the run choose."""

    def duplicate(self) -> Any:
        """What Prefect asks for at the begin of each run.

        Raises:
            SettingsError: Dask is asked for, but the `dask` extra is not installed.
        """
        return chosen_task_runner(read_settings().flows.dask_address)


def chosen_task_runner(dask_address: str) -> TaskRunner[Any]:
    """One file after the other, each over all cores; or a file for each of Dask's workers.

    Args:
        dask_address: of a scheduler; ``local`` for a cluster of this machine; empty for no Dask.

    Raises:
        SettingsError: the `dask` extra is not installed.
    """
    if not dask_address:
        return ThreadPoolTaskRunner(max_workers=1)
    try:
        from prefect_dask import DaskTaskRunner
    except ImportError:
        raise SettingsError(f"FLOWS_DASK_ADDRESS={dask_address}: install ridescore[dask]") from None
    where: dict[str, Any] = {"address": dask_address}
    if dask_address == LOCAL_CLUSTER:
        # A thread a worker: a file is worked on by one process.
        where = {"cluster_kwargs": {"threads_per_worker": 1, "dashboard_address": None}}
    runner: TaskRunner[Any] = DaskTaskRunner(**where)
    return runner
