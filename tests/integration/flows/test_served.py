"""Served on a real Prefect server: a deployment fires on its schedule, and stops and crashes leave that standing."""

import itertools
import signal
import subprocess
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled, Running

from batch.output import open_output
from batch.reader import read_committed
from flows.deployments import deployments
from flows.interrupted import STOPPED_WITH_RUNNER, schedule_interrupted_runs
from flows.late_runs import due_runs, take_over
from flows.process_mark import mark_of
from local_services.ports import LOCALHOST, free_port
from scoring.settings.flows_settings import FlowsSettings
from training.sample_rides import FEBRUARY, JANUARY, MARCH

from .conftest import Site, wait_until

EVERY_TWO_SECONDS = "* * * * * */2"


def committed(site: Site) -> set[str]:
    return {each.scored.stem for each in read_committed(open_output(str(site.output))).files}


def runs_of(client: SyncPrefectClient, deployment_id: UUID) -> list[FlowRun]:
    return client.read_flow_runs(
        flow_run_filter=FlowRunFilter(deployment_id=FlowRunFilterDeploymentId(any_=[deployment_id]))
    )


def told_to_stop(process: "subprocess.Popen[str]") -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(60)


def test_a_schedule_fires_and_stands_through_a_restart_and_late_runs_collapse_to_one(
    site: Site, prefect: SyncPrefectClient
) -> None:
    (site.landing / MARCH.name).unlink()
    served = {"FLOWS_LANDING_CRON": EVERY_TWO_SECONDS, "PREFECT_RUNNER_POLL_FREQUENCY": "1"}
    first = site.start("flows", "serve", **served)
    wait_until(lambda: committed(site) == {JANUARY.stem, FEBRUARY.stem}, site.logs)
    assert told_to_stop(first) == 0
    deployment = prefect.read_deployment_by_name("score_landing/ridescore")
    assert not deployment.paused
    assert [schedule.active for schedule in deployment.schedules] == [True]

    site.land(MARCH)
    late = wait_until(lambda: len(found) > 3 and found if (found := due_runs(prefect, deployment.id)) else None)
    second = site.start("flows", "serve", **served)
    wait_until(lambda: MARCH.stem in committed(site), site.logs)
    assert told_to_stop(second) == 0
    after = {run.id: run for run in runs_of(prefect, deployment.id)}
    states = [after[run.id].state_name for run in late]
    assert states.count("Superseded") >= len(late) - 1, states  # one of them, or one before them, did the work of all
    done = [run for run in after.values() if run.state_type == StateType.COMPLETED]
    spans = sorted((run.start_time, run.end_time) for run in done if run.start_time and run.end_time)
    assert all(before[1] <= later[0] for before, later in itertools.pairwise(spans)), "one at a time"
    prefect.delete_deployment(deployment.id)


def test_a_run_that_a_stop_interrupts_is_done_by_whoever_serves_next(site: Site, prefect: SyncPrefectClient) -> None:
    nobody = f"tcp://{LOCALHOST}:{free_port()}"
    first = site.start("flows", "serve", FLOWS_DASK_ADDRESS=nobody, PREFECT_RUNNER_POLL_FREQUENCY="1")
    deployment = wait_until(lambda: _deployed(prefect), site.logs)
    run = prefect.create_flow_run_from_deployment(deployment)
    # It waits for a Dask that is not there.
    wait_until(lambda: prefect.read_flow_run(run.id).infrastructure_pid, site.logs)
    assert told_to_stop(first) == 0
    assert prefect.read_flow_run(run.id).state_type == StateType.SCHEDULED, site.logs()
    assert committed(site) == set()

    second = site.start("flows", "serve", PREFECT_RUNNER_POLL_FREQUENCY="1")
    wait_until(lambda: prefect.read_flow_run(run.id).state_type == StateType.COMPLETED, site.logs)
    assert committed(site) == {JANUARY.stem, FEBRUARY.stem, MARCH.stem}
    assert told_to_stop(second) == 0


def _deployed(client: SyncPrefectClient) -> UUID | None:
    try:
        return client.read_deployment_by_name("score_landing/ridescore").id
    except ObjectNotFound:
        return None


def test_only_runs_of_dead_processes_are_scheduled_again(site: Site, prefect: SyncPrefectClient) -> None:
    deployment_id = UUID(str(deployments(FlowsSettings(landing_cron=""))[1].apply()))
    ended = subprocess.Popen(["true"])
    gone = mark_of(ended.pid)
    ended.wait()
    living = subprocess.Popen(["sleep", "600"])
    site.processes.append(living)  # type: ignore[arg-type]
    cases = {
        "killed": (gone, Running(), True),
        "stopped": (gone, Cancelled(message=STOPPED_WITH_RUNNER), True),
        "cancelled by a person": (gone, Cancelled(message="not today"), False),
        "at work": (mark_of(living.pid), Running(), False),
        "elsewhere": ("other-host:1:1", Running(), False),
        "not marked": (None, Running(), False),
    }
    ids = {}
    for name, (mark, state, _again) in cases.items():
        run = prefect.create_flow_run_from_deployment(deployment_id)
        prefect.set_flow_run_state(run.id, state, force=True)
        if mark:
            prefect.update_flow_run(run.id, infrastructure_pid=mark)
        ids[name] = run.id
    assert schedule_interrupted_runs(prefect, [deployment_id]) == 2
    for name, (_mark, state, again) in cases.items():
        expected = StateType.SCHEDULED if again else state.type
        assert prefect.read_flow_run(ids[name]).state_type == expected, name
    prefect.delete_deployment(deployment_id)


def test_a_run_takes_over_what_is_due_and_leaves_alone_what_a_person_started(
    site: Site, prefect: SyncPrefectClient
) -> None:
    (deployment,) = (
        each for each in deployments(FlowsSettings(landing_cron="* * * * * *")) if each.flow_name == "score_landing"
    )
    deployment_id = UUID(str(deployment.apply()))
    by_hand = prefect.create_flow_run_from_deployment(deployment_id)
    wait_until(lambda: len(due_runs(prefect, deployment_id)) >= 5)
    begun, *late = due_runs(prefect, deployment_id)
    prefect.set_flow_run_state(begun.id, Running(), force=True)
    assert take_over(prefect, begun) >= len(late)
    assert {prefect.read_flow_run(run.id).state_name for run in late} == {"Superseded"}
    assert prefect.read_flow_run(begun.id).state_type == StateType.RUNNING
    assert prefect.read_flow_run(by_hand.id).state_type == StateType.SCHEDULED
    ahead = [run for run in runs_of(prefect, deployment_id) if run.state_type == StateType.SCHEDULED]
    assert len(ahead) > 1, "what is not due yet stands"
    prefect.delete_deployment(deployment_id)


def test_a_server_that_does_not_answer_is_told(site: Site) -> None:
    address = f"http://{LOCALHOST}:{free_port()}/api"
    served = site.start("flows", "serve", PREFECT_API_URL=address)
    assert served.wait(120) == 8
    assert f"the Prefect server at {address} does not answer" in site.logs()
    run = site.start("flows", "run", "score_landing", PREFECT_API_URL=address)
    assert run.wait(120) == 8
    assert site.logs().count(f"the Prefect server at {address} does not answer") == 2


def test_schedules_need_a_server(site: Site) -> None:
    site.environment.pop("PREFECT_API_URL", None)
    served = site.start("flows", "serve", PREFECT_HOME=str(site.root / "home"))
    assert served.wait(120) == 2
    assert "schedules need a Prefect server" in site.logs()


def test_a_flow_runs_without_a_server(site: Site) -> None:
    site.environment.pop("PREFECT_API_URL", None)
    run = site.start("flows", "run", "score_landing", "--json", PREFECT_HOME=str(site.root / "home"))
    out, _ = run.communicate(timeout=120)
    assert run.returncode == 0, site.logs()
    assert '"rows_in": 6000' in out
    assert committed(site) == {JANUARY.stem, FEBRUARY.stem, MARCH.stem}
