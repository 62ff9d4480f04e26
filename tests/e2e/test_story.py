"""The life of a stack, in the order of this file: a newcomer's start, use, faults, growth, a stop and another start."""

import json
import re
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from scoring.scorer import Scorer
from tests.e2e.conftest import Figures
from tests.e2e.engine import ROOT, run
from tests.e2e.prefect_runs import run_deployment
from tests.e2e.stack import Stack, ask, wait_until
from tests.e2e.topics import Topics, expected_minutes, unnamed
from training import sample_rides

LONG_RUNNING = {"kafka", "redis", "worker", "api", "prefect", "flows"}
ONE_SHOT = {"model", "topics"}
RATE = 300.0


def model_version(stack: Stack) -> Any:
    """What the API scores with; None where it gives no answer in time."""
    status, told = ask(stack.url("API_PORT", "/health"))
    return told["model_version"] if status == 200 else None


def all_scored(topics: Topics) -> None:
    """Wait until the group has committed all there is, then judge every ride that was ever published."""
    wait_until("no lag", lambda: topics.lag() == 0)
    found = topics.verdict()
    assert found["lost"] == found["doubled"] == 0, found


def test_a_newcomers_up_reaches_healthy_everywhere(stack: Stack, figures: Figures) -> None:
    seconds = stack.up()
    states = stack.states()
    services = {name.removeprefix(f"{stack.project}-").rsplit("-", 1)[0]: state for name, state in states.items()}
    assert set(services) == LONG_RUNNING | ONE_SHOT
    assert {services[name] for name in LONG_RUNNING} == {("running", "healthy", 0)}
    assert {services[name] for name in ONE_SHOT} == {("exited", "", 0)}
    figures.add(f"start to healthy, from no volumes: {seconds:.0f} s")


def test_containers_are_locked_down(stack: Stack) -> None:
    for service in LONG_RUNNING:
        (container,) = stack.containers(service)
        host = stack.inspect(container)["HostConfig"]
        assert host["CapDrop"] == ["ALL"], service
        assert "no-new-privileges:true" in host["SecurityOpt"], service
        assert host["Memory"] > 0, service
        assert host["PidsLimit"] > 0, service
        assert host["ReadonlyRootfs"] or service == "kafka", service  # its image writes its configuration at the start
        user = stack.compose("exec", service, "id", "-u").strip()
        assert user != "0", service


def test_redis_asks_for_its_password_and_refuses_dangerous_commands(stack: Stack) -> None:
    def redis(*words: str) -> str:
        return stack.compose("exec", "redis", "redis-cli", *words)

    assert "PONG" in redis("ping")
    for words in (["flushall"], ["config", "get", "*"], ["keys", "*"], ["shutdown"]):
        assert "NOPERM" in redis(*words), words
    assert "NOAUTH" in stack.compose("exec", "-e", "REDISCLI_AUTH=", "redis", "redis-cli", "get", "x")


def test_the_readmes_curl_line_answers(stack: Stack) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    line = re.search(
        r"^curl localhost:9696/predict (?:.*\\\n)*.*$", text[text.index("docker compose up") :], re.MULTILINE
    )
    assert line is not None
    command = line[0].replace("localhost:9696", f"localhost:{stack.port('API_PORT')}")
    answer = json.loads(run("sh", "-c", command.replace("curl", "curl --silent --show-error", 1)))
    assert 1 < answer["duration"] < 60
    assert answer["model_version"] == model_version(stack)


def test_published_rides_get_the_cores_number_and_broken_ones_a_reason(
    stack: Stack, topics: Topics, scorer: Scorer
) -> None:
    topics.publish(2_000)
    for broken in sample_rides.broken_events():
        topics.send([unnamed(broken)])
    all_scored(topics)
    predictions = {each.ride_id: each for each in topics.predictions()}
    for ride_id, value in topics.published.items():
        assert predictions[ride_id].duration == expected_minutes(scorer, value), "to the last bit"
    assert {each.model_version for each in predictions.values()} == {scorer.model_version}
    wait_until("dead letters", lambda: len(topics.dead_letters()) == 3)
    assert Counter(each.reason for each in topics.dead_letters()) == {"undecodable": 1, "invalid-ride": 2}


def test_http_gives_the_same_number(stack: Stack, topics: Topics, scorer: Scorer) -> None:
    for value in list(topics.published.values())[:50]:
        status, answer = ask(stack.url("API_PORT", "/predict"), json.loads(value))
        assert status == 200, answer
        assert answer["duration"] == expected_minutes(scorer, value)


def test_a_file_that_lands_is_scored_through_prefects_server(stack: Stack, tmp_path: Path, figures: Figures) -> None:
    stack.compose("cp", str(sample_rides.FEBRUARY), "flows:/rides/green_tripdata_2021-02.parquet")
    seconds = run_deployment(stack, "score_landing")
    figures.add(f"a file through Prefect's server: {seconds:.0f} s from the request to its end")
    told = json.loads(stack.compose("run", "--rm", "batch", "show", "/predictions", "--json"))
    assert "green_tripdata_2021-02" in json.dumps(told)
    stack.compose("run", "--rm", "batch", "verify", "/predictions")


def test_a_promoted_model_scores_at_every_door(
    stack: Stack, topics: Topics, in_container: str, figures: Figures
) -> None:
    before = model_version(stack)
    # Of the other kind than the first: scikit-learn's own, where that one is data alone.
    train = ["train", "--data", f"{in_container}/green_2021-01.parquet", "--model", "hist-gradient-boosting", "--json"]
    made = json.loads(stack.compose("run", "--rm", "--no-deps", "model", *train))["manifest"]["version"]
    assert made != before
    began = time.monotonic()
    stack.compose("exec", "api", "ridescore", "models", "activate", made)
    wait_until("the API follows", lambda: model_version(stack) == made)
    figures.add(f"a promoted model: the API answers with it {time.monotonic() - began:.1f} s after the command began")
    ids = set()

    def worker_follows() -> bool:
        ids.update(topics.publish(10))
        wait_until("no lag", lambda: topics.lag() == 0)
        return any(each.model_version == made for each in topics.predictions() if each.ride_id in ids)

    wait_until("the worker follows", worker_follows)
    all_scored(topics)


@pytest.mark.parametrize("service", ["worker", "kafka", "redis"])
def test_a_killed_part_comes_back_by_itself_and_nothing_is_lost(
    service: str, stack: Stack, topics: Topics, figures: Figures
) -> None:
    before, restarts, refused = len(topics.published), stack.restarts(service), 0
    with topics.feeding(RATE):
        time.sleep(3)
        stack.crash(service)
        began = time.monotonic()
        while stack.restarts(service) == restarts or not stack.healthy(service):
            assert time.monotonic() - began < 180, stack.compose("logs", "--tail", "30", service)
            status, _answer = ask(stack.url("API_PORT", "/predict"), json.loads(next(iter(topics.published.values()))))
            refused += status != 200
            time.sleep(0.2)
        seconds = time.monotonic() - began
        time.sleep(3)
    all_scored(topics)
    wait_until("all healthy", lambda: all(stack.healthy(each) for each in LONG_RUNNING))
    assert refused == 0, "the API needs neither"
    figures.add(
        f"{service} killed under {RATE:.0f} rides a second: healthy again after {seconds:.0f} s; of "
        f"{len(topics.published) - before:,} rides none lost, none doubled; {refused} HTTP requests failed"
    )


def test_three_workers_hold_three_slots_and_share_the_topic(stack: Stack, topics: Topics, figures: Figures) -> None:
    seconds = stack.up("--scale", "worker=3", "--no-recreate")
    assert len(stack.containers("worker")) == 3
    started = [event for event in stack.logs("worker") if event["event"] == "worker started"]
    assert {event["slot"] for event in started} == {"worker-0", "worker-1", "worker-2"}
    with topics.feeding(RATE):
        time.sleep(5)
    all_scored(topics)
    assigned = [
        json.loads(run("docker", "exec", container, "python3", "-c", _ASSIGNED))["partitions"]
        for container in stack.containers("worker")
    ]
    assert sorted(assigned) == [2, 2, 2]
    figures.add(f"scaled to 3 workers: healthy after {seconds:.0f} s, {assigned} partitions")


def test_every_panels_query_returns_values_of_the_running_system(
    stack: Stack, topics: Topics, figures: Figures
) -> None:
    stack.compose("--profile", "observability", "up", "--detach", "--wait", "--no-recreate", "prometheus")
    suspect = json.dumps({"PULocationID": 1, "DOLocationID": 265, "trip_distance": 150.0}).encode()
    dashboard = json.loads((ROOT / "deploy/grafana/dashboards/ridescore.json").read_text(encoding="utf-8"))
    queries = {target["expr"]: panel["title"] for panel in dashboard["panels"] for target in panel.get("targets", ())}
    assert len(queries) >= 20
    missing = dict(queries)

    def all_answer() -> bool:
        topics.send([unnamed(suspect), *map(unnamed, sample_rides.broken_events())])
        topics.publish(200)
        for value in list(topics.published.values())[:20]:
            ask(stack.url("API_PORT", "/predict"), json.loads(value))
        ask(stack.url("API_PORT", "/predict"), {"PULocationID": 1, "DOLocationID": 265, "trip_distance": 150.0})
        for expression in list(missing):
            _status, told = ask(stack.url("PROMETHEUS_PORT", f"/api/v1/query?query={quote(expression)}"))
            assert told["status"] == "success", told
            if any(each["value"][1] != "NaN" for each in told["data"]["result"]):
                del missing[expression]
        return not missing

    try:
        wait_until("every panel", all_answer)
    except AssertionError:
        raise AssertionError(f"no data: {missing}") from None
    _status, told = ask(stack.url("PROMETHEUS_PORT", "/api/v1/targets"))
    assert Counter((each["labels"]["job"], each["health"]) for each in told["data"]["activeTargets"]) == {
        ("api", "up"): 1,
        ("worker", "up"): 3,
    }
    _status, rules = ask(stack.url("PROMETHEUS_PORT", "/api/v1/rules"))
    assert {rule["health"] for group in rules["data"]["groups"] for rule in group["rules"]} == {"ok"}
    figures.add(f"observability: all {len(queries)} queries of the dashboard return values")


def test_after_down_and_up_offsets_models_and_predictions_are_there(
    stack: Stack, topics: Topics, figures: Figures
) -> None:
    all_scored(topics)
    version, committed, predicted = model_version(stack), topics.committed(), len(topics.predictions())
    stack.down()
    assert stack.states() == {}
    seconds = stack.up()
    assert model_version(stack) == version
    assert topics.committed() == committed
    assert len(topics.predictions()) == predicted, "nothing is scored again"
    told = stack.compose("run", "--rm", "batch", "show", "/predictions", "--json")
    assert "green_tripdata_2021-02" in told
    topics.publish(100)
    all_scored(topics)
    figures.add(f"down and up again: healthy after {seconds:.0f} s, with offsets, models and predictions")


def test_a_told_stop_drains_before_it_is_killed(stack: Stack, topics: Topics) -> None:
    with topics.feeding(RATE):
        time.sleep(2)
        container = stack.containers("worker")[0]
        stack.compose("stop", "worker")
        stack.compose("start", "worker")
    assert "worker stopped" in {event["event"] for event in stack.logs("worker")}
    assert stack.inspect(container)["RestartCount"] == 0
    all_scored(topics)


_ASSIGNED = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:9697/ready').read().decode())"
