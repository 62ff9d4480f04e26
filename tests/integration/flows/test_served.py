"""Served on a real Prefect server: a deployment fires on its schedule, and stops and crashes leave that standing."""

import itertools
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import ObjectNotFound
from prefect.runner import Runner
from prefect.states import Cancelled, Completed, Failed, Pending, Running

import flows.late_runs
from batch.output import open_output
from batch.reader import read_committed
from flows.all_runs import all_runs
from flows.deployments import deployments
from flows.interrupted import STOPPED_WITH_RUNNER, schedule_abandoned_claims, schedule_interrupted_runs
from flows.late_runs import due_runs, take_over
from flows.process_mark import mark_of
from flows.registration import register
from scoring.settings.flows_settings import FlowsSettings
from training.sample_rides import FEBRUARY, JANUARY, MARCH

from .conftest import RUNS_AT_A_TIME, WAIT_SECONDS, Site, wait_until

EVERY_TWO_SECONDS = "* * * * * */2"
EVERY_FIVE_MINUTES = "*/5 * * * *"


def committed(site: Site) -> set[str]:
    return {each.scored.stem for each in read_committed(open_output(str(site.output))).files}


def runs_of(client: SyncPrefectClient, deployment_id: UUID) -> list[FlowRun]:
    """All of them: more than the server gives at a time."""
    return all_runs(client, FlowRunFilter(deployment_id=FlowRunFilterDeploymentId(any_=[deployment_id])))


def two_hours_late(client: SyncPrefectClient) -> list[FlowRun]:
    """Runs of `score_landing`, due every five minutes, as though nobody served for two hours; the latest first."""
    (deployment,) = (
        each
        for each in deployments(FlowsSettings(landing_cron=EVERY_FIVE_MINUTES))
        if each.flow_name == "score_landing"
    )
    deployment_id = UUID(str(deployment.apply()))
    now = datetime.now(UTC)
    span = {"start_time": (now - timedelta(hours=2)).isoformat(), "end_time": (now + timedelta(hours=1)).isoformat()}
    where = {"id": deployment_id}
    client.request(
        "POST", "/deployments/{id}/schedule", path_params=where, json=span | {"min_runs": 36, "max_runs": 36}
    )
    late = due_runs(client, deployment_id)
    assert len(late) >= 24 > RUNS_AT_A_TIME
    return late


def told_to_stop(process: "subprocess.Popen[str]") -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(WAIT_SECONDS)


def test_a_schedule_fires_and_stands_through_a_restart_and_two_hours_of_late_runs_collapse_to_one(
    site: Site, prefect: SyncPrefectClient
) -> None:
    (site.landing / MARCH.name).unlink()
    polled = {"PREFECT_RUNNER_POLL_FREQUENCY": "1"}
    first = site.start("flows", "serve", FLOWS_LANDING_CRON=EVERY_TWO_SECONDS, **polled)
    wait_until(lambda: committed(site) == {JANUARY.stem, FEBRUARY.stem}, site.logs)
    assert told_to_stop(first) == 0
    deployment = prefect.read_deployment_by_name("score_landing/ridescore")
    assert not deployment.paused
    assert [schedule.active for schedule in deployment.schedules] == [True]

    site.land(MARCH)
    late = two_hours_late(prefect)
    second = site.start("flows", "serve", FLOWS_LANDING_CRON=EVERY_FIVE_MINUTES, **polled)
    wait_until(lambda: MARCH.stem in committed(site), site.logs)
    wait_until(lambda: prefect.read_flow_run(late[-1].id).state_type == StateType.COMPLETED, site.logs)
    assert told_to_stop(second) == 0
    after = {run.id: run for run in runs_of(prefect, deployment.id)}
    *others, earliest = (after[run.id].state_name for run in late)
    assert earliest == "Completed", "the first by scheduled time did the work of all"
    assert set(others) == {"Superseded"}
    assert len(list((site.output / "manifests").iterdir())) == 2, "and that once"
    done = [run for run in after.values() if run.state_type == StateType.COMPLETED and run.run_count == 1]
    spans = sorted((run.start_time, run.end_time) for run in done if run.start_time and run.end_time)
    assert all(before[1] <= later[0] for before, later in itertools.pairwise(spans)), "one at a time"


def test_registering_anew_loses_no_run_of_a_schedule(site: Site, prefect: SyncPrefectClient) -> None:
    settings = FlowsSettings(landing_cron="* * * * * *", training_cron="")
    for _ in range(3):  # each deletes the runs that were ahead
        ids = register(Runner(name="ridescore", pause_on_shutdown=False), settings)
        registered = datetime.now(UTC)
        due = sorted(
            run.expected_start_time for each in ids for run in runs_of(prefect, each) if run.expected_start_time
        )
        assert due[-1] > registered
        assert {(later - before).total_seconds() for before, later in itertools.pairwise(due)} <= {0, 1}


def test_a_run_that_a_stop_interrupts_is_done_by_whoever_serves_next(
    site: Site, prefect: SyncPrefectClient, nobody: str
) -> None:
    waits_for_nobody = {"FLOWS_DASK_ADDRESS": f"tcp://{nobody}", "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "3600s"}
    first = site.start("flows", "serve", PREFECT_RUNNER_POLL_FREQUENCY="1", **waits_for_nobody)
    deployment = wait_until(lambda: _deployed(prefect), site.logs)
    run = prefect.create_flow_run_from_deployment(deployment)
    wait_until(lambda: prefect.read_flow_run(run.id).infrastructure_pid, site.logs)
    assert told_to_stop(first) == 0
    assert prefect.read_flow_run(run.id).state_type == StateType.SCHEDULED, site.logs()
    assert committed(site) == set()

    second = site.start("flows", "serve", PREFECT_RUNNER_POLL_FREQUENCY="1")
    wait_until(lambda: prefect.read_flow_run(run.id).state_type == StateType.COMPLETED, site.logs)
    assert committed(site) == {JANUARY.stem, FEBRUARY.stem, MARCH.stem}
    assert told_to_stop(second) == 0
    assert prefect.read_flow_run(run.id).state_type == StateType.COMPLETED, "though its process was still leaving"


def test_a_stop_in_the_first_moments_is_one_in_order(site: Site, prefect: SyncPrefectClient) -> None:
    serving = site.start("flows", "serve")
    wait_until(lambda: "flows served" in site.logs(), site.logs)
    assert told_to_stop(serving) == 0
    assert "flows were not stopped in order" not in site.logs()
    assert "flows no longer served" in site.logs()


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
    stopped = Cancelled(message=STOPPED_WITH_RUNNER)
    cases = {
        "killed": (gone, [Running()], StateType.SCHEDULED),
        "stopped": (gone, [Running(), stopped], StateType.SCHEDULED),
        "done, and stopped as it left": (gone, [Running(), Completed(), stopped], StateType.COMPLETED),
        "failed, and stopped as it left": (gone, [Running(), Failed(), stopped], StateType.FAILED),
        "cancelled by a person": (gone, [Running(), Cancelled(message="not today")], StateType.CANCELLED),
        "at work": (mark_of(living.pid), [Running()], StateType.RUNNING),
        "elsewhere": ("other-host:1:1", [Running()], StateType.RUNNING),
        "not marked": (None, [Running()], StateType.RUNNING),
    }
    ids = {}
    for name, (mark, states, _expected) in cases.items():
        run = prefect.create_flow_run_from_deployment(deployment_id)
        for state in states:
            prefect.set_flow_run_state(run.id, state, force=True)
        if mark:
            prefect.update_flow_run(run.id, infrastructure_pid=mark)
        ids[name] = run.id
    assert schedule_interrupted_runs(prefect, [deployment_id]) == 2
    for name, (_mark, _states, expected) in cases.items():
        assert prefect.read_flow_run(ids[name]).state_type == expected, name


def test_what_was_claimed_and_never_begun_is_scheduled_again_after_a_while(
    site: Site, prefect: SyncPrefectClient
) -> None:
    deployment_id = UUID(str(deployments(FlowsSettings(landing_cron=""))[1].apply()))
    cases = {
        "claimed": (None, Pending(), StateType.SCHEDULED),
        "claimed, and its process is there": ("other-host:1:1", Pending(), StateType.PENDING),
        "begun elsewhere": (None, Running(), StateType.RUNNING),
    }
    ids = {}
    for name, (mark, state, _expected) in cases.items():
        ids[name] = prefect.create_flow_run_from_deployment(deployment_id).id
        prefect.set_flow_run_state(ids[name], state, force=True)
        if mark:
            prefect.update_flow_run(ids[name], infrastructure_pid=mark)
    assert schedule_abandoned_claims(prefect, [deployment_id]) == 0, "each may begin at any moment"
    assert schedule_interrupted_runs(prefect, [deployment_id]) == 0
    assert schedule_abandoned_claims(prefect, [deployment_id], now=datetime.now(UTC) + timedelta(minutes=11)) == 1
    for name, (_mark, _state, expected) in cases.items():
        assert prefect.read_flow_run(ids[name]).state_type == expected, name


def test_a_run_takes_over_what_is_due_and_leaves_alone_what_a_person_started(
    site: Site, prefect: SyncPrefectClient
) -> None:
    *late, begun = two_hours_late(prefect)
    assert begun.deployment_id is not None
    by_hand = prefect.create_flow_run_from_deployment(begun.deployment_id)
    prefect.set_flow_run_state(begun.id, Running(), force=True)
    assert take_over(prefect, begun) >= len(late)
    after = {run.id: run for run in runs_of(prefect, begun.deployment_id)}
    assert {after[run.id].state_name for run in late} == {"Superseded"}
    assert after[begun.id].state_type == StateType.RUNNING
    assert after[by_hand.id].state_type == StateType.SCHEDULED
    ahead = [run for run in after.values() if run.auto_scheduled and run.state_type == StateType.SCHEDULED]
    assert ahead, "what is not due yet stands"

    # Killed at its work, it is found behind all those that it superseded.
    ended = subprocess.Popen(["true"])
    prefect.update_flow_run(begun.id, infrastructure_pid=mark_of(ended.pid))
    ended.wait()
    assert schedule_interrupted_runs(prefect, [begun.deployment_id]) == 1
    assert prefect.read_flow_run(begun.id).state_type == StateType.SCHEDULED


def test_a_late_run_that_somebody_deleted_meanwhile_stops_nobody(
    site: Site, prefect: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = two_hours_late(prefect)
    monkeypatch.setattr(flows.late_runs, "due_runs", lambda *_: late[:2])
    prefect.delete_flow_run(late[0].id)
    assert take_over(prefect, late[-1]) == 1
    assert prefect.read_flow_run(late[1].id).state_name == "Superseded"


def test_a_server_that_does_not_answer_is_told(site: Site, nobody: str) -> None:
    address = f"http://{nobody}/api"
    processes = [
        site.start("flows", *words, PREFECT_API_URL=address) for words in (["serve"], ["run", "score_landing"])
    ]
    assert [process.wait(WAIT_SECONDS) for process in processes] == [8, 8]
    assert site.logs().count(f"the Prefect server at {address} does not answer") == 2
    assert "Traceback" not in site.logs()


def test_schedules_need_a_server(site: Site) -> None:
    site.environment.pop("PREFECT_API_URL", None)
    served = site.start("flows", "serve", PREFECT_HOME=str(site.root / "home"))
    assert served.wait(WAIT_SECONDS) == 2
    assert "schedules need a Prefect server" in site.logs()


def test_a_flow_runs_without_a_server(site: Site) -> None:
    site.environment.pop("PREFECT_API_URL", None)
    run = site.start("flows", "run", "score_landing", "--json", PREFECT_HOME=str(site.root / "home"))
    out, _ = run.communicate(timeout=WAIT_SECONDS)
    assert run.returncode == 0, site.logs()
    assert '"rows_in": 6000' in out
    assert committed(site) == {JANUARY.stem, FEBRUARY.stem, MARCH.stem}
