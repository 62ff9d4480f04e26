"""The API and the worker run as each platform runs them: its settings, port, user, file system and signals."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Any

import pytest
import yaml

from scoring.rides.ride import Ride
from tests.integration.api.conftest import RIDE, WAIT_SECONDS, Server, Taught, is_ready, wait_until

from .conftest import ROOT, free_port

DEPLOY = ROOT / "deploy"
OURS = ("API_", "MODEL_", "REDIS_", "WORKER_", "KAFKA_", "HOST", "PORT")
Start = Callable[..., Server]


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a program that listens on a port; what still runs is ended with the test."""
    with ExitStack() as ends:

        def begin(words: list[str], port: int, cwd: Path = ROOT, **environment: str) -> Server:
            log = tmp_path / f"{port}.log"
            with log.open("wb") as output:
                env = clean_environment() | environment
                process = subprocess.Popen(words, cwd=cwd, env=env, stdout=output, stderr=output)
            ends.callback(process.wait, WAIT_SECONDS)
            ends.callback(process.kill)  # the last that was pushed is called first
            server = Server(process, port, log)
            wait_until(lambda: process.poll() is not None or answers(server, "/live"), "it answers")
            assert process.poll() is None, log.read_text()
            return server

        yield begin


def answers(server: Server, path: str) -> bool:
    """Whether a probe is answered with yes."""
    try:
        return server.get(path).status == 200
    except OSError:
        return False


def stop_within(server: Server, grace_seconds: float) -> int:
    """SIGTERM, and after the platform's grace SIGKILL; the exit code."""
    server.process.send_signal(SIGTERM)
    try:
        return server.process.wait(grace_seconds)
    except subprocess.TimeoutExpired:
        server.process.send_signal(SIGKILL)
        return server.process.wait(WAIT_SECONDS)


def assert_scores(server: Server, taught: Taught) -> None:
    wait_until(lambda: is_ready(server), "it is ready")
    answer = server.post("/predict", RIDE)
    assert answer.status == 200
    assert answer.json()["duration"] == taught.scorer.model.score_ride(Ride(10, 20, 3.5))[0]


def only_container(manifest: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The pod and its one container."""
    pod = yaml.safe_load(manifest.read_text(encoding="utf-8"))["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    return pod, container


def environment_of(container: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each.get("value", "ridescore-worker-0") for each in container["env"]}


def test_a_locked_down_process_can_write_nothing_but_tmp(locked_down: tuple[str, ...], tmp_path: Path) -> None:
    for name in ("registry", "empty"):
        (tmp_path / name).mkdir()
    probe = """
import os, sys
print(os.getuid())
for folder in (".", "/", "/var/tmp", "/tmp/registry", "/tmp"):
    try:
        open(f"{folder}/ridescore-probe", "w").close()
        print(folder)
    except OSError as error:
        assert error.errno in (13, 30), error
"""
    words = [*locked_down, str(tmp_path / "registry"), str(tmp_path / "empty"), sys.executable, "-c", probe]
    told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["54321", "/tmp"]


def test_cloud_run(start: Start, locked_down: tuple[str, ...], taught: Taught, tmp_path: Path) -> None:
    _pod, container = only_container(DEPLOY / "cloud-run" / "service.yaml")
    given = environment_of(container)
    assert "PORT" not in given, "the platform sets it, and refuses a service that does"
    instances = []
    for number in range(2):  # two at once share nothing
        (empty := tmp_path / f"empty-{number}").mkdir()
        port = free_port()
        words = [*locked_down, str(taught.registry), str(empty), sys.executable, "-m", "cli", *container["args"]]
        variables = {**given, "PORT": str(port), "K_SERVICE": "ridescore", "MODEL_REGISTRY": "/tmp/registry"}
        instances.append(start(words, port, **variables))
    for server in instances:
        assert_scores(server, taught)
        assert answers(server, container["startupProbe"]["httpGet"]["path"])
        assert answers(server, container["livenessProbe"]["httpGet"]["path"])
    assert [stop_within(server, 10) for server in instances] == [0, 0], "the platform gives ten seconds"


def test_kubernetes_api(start: Start, locked_down: tuple[str, ...], taught: Taught, tmp_path: Path) -> None:
    pod, container = only_container(DEPLOY / "kubernetes" / "base" / "api" / "deployment.yaml")
    (tmp_path / "empty").mkdir()
    port = free_port()
    registry = [str(taught.registry), str(tmp_path / "empty")]
    server = start(
        [*locked_down, *registry, sys.executable, "-m", "cli", *container["args"], "--workers", "2"],
        port,
        **{**environment_of(container), "PORT": str(port), "MODEL_REGISTRY": "/tmp/registry", "API_DRAIN_SECONDS": "2"},
    )
    assert_scores(server, taught)
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert answers(server, container[probe]["httpGet"]["path"])
    server.process.send_signal(SIGTERM)
    wait_until(lambda: not answers(server, container["readinessProbe"]["httpGet"]["path"]), "it is not ready any more")
    assert server.post("/predict", RIDE).status == 200, "until Services have heard of it, it answers"
    assert server.process.wait(pod["terminationGracePeriodSeconds"]) == 0


def test_kubernetes_worker(
    start: Start,
    locked_down: tuple[str, ...],
    taught: Taught,
    tmp_path: Path,
    kafka_servers: str,
    unique_name: Callable[[str], str],
) -> None:
    pod, container = only_container(DEPLOY / "kubernetes" / "base" / "worker" / "stateful-set.yaml")
    (tmp_path / "empty").mkdir()
    port = free_port()
    topics = {
        "WORKER_INPUT_TOPIC": unique_name("rides"),
        "WORKER_OUTPUT_TOPIC": unique_name("predictions"),
        "WORKER_DEAD_LETTER_TOPIC": unique_name("dead"),
    }
    broker = {"KAFKA_BOOTSTRAP_SERVERS": kafka_servers, "WORKER_GROUP": unique_name("group")}
    variables = {**environment_of(container), **topics, **broker, "KAFKA_CLIENT": "confluent"}
    create = [sys.executable, "-m", "cli", "topics", "create"]
    subprocess.run(create, env=clean_environment() | variables, capture_output=True, text=True, check=True)
    server = start(
        [*locked_down, str(taught.registry), str(tmp_path / "empty"), sys.executable, "-m", "cli", *container["args"]],
        port,
        **{**variables, "WORKER_PORT": str(port), "MODEL_REGISTRY": "/tmp/registry"},
    )
    wait_until(lambda: answers(server, container["readinessProbe"]["httpGet"]["path"]), "partitions are assigned")
    assert answers(server, container["livenessProbe"]["httpGet"]["path"])
    started = next(line for line in server.lines() if line["event"] == "worker started")
    assert started["slot"] == "ridescore-worker-0"
    assert stop_within(server, pod["terminationGracePeriodSeconds"]) == 0


@pytest.fixture
def bundle(taught: Taught, tmp_path: Path) -> Path:
    """Elastic Beanstalk's source bundle, unpacked as the platform does."""
    script = [sys.executable, str(DEPLOY / "elastic-beanstalk" / "bundle.py")]
    made = tmp_path / "bundle.zip"
    subprocess.run([*script, str(made), "--models", str(taught.registry)], capture_output=True, text=True, check=True)
    with zipfile.ZipFile(made) as archive:
        archive.extractall(tmp_path / "current")
        for entry in archive.infolist():
            (tmp_path / "current" / entry.filename).chmod(entry.external_attr >> 16)
    return tmp_path / "current"


def beanstalk_settings(bundle: Path) -> dict[str, dict[str, str]]:
    found = yaml.safe_load((bundle / ".ebextensions" / "ridescore.config").read_text(encoding="utf-8"))
    settings: dict[str, dict[str, str]] = found["option_settings"]
    return settings


def test_elastic_beanstalk(start: Start, bundle: Path, taught: Taught) -> None:
    name, _, command = (bundle / "Procfile").read_text(encoding="utf-8").strip().partition(": ")
    assert name == "web"
    settings = beanstalk_settings(bundle)
    given = settings["aws:elasticbeanstalk:application:environment"]
    assert given["PORT"] == "8000", "where the platform's nginx looks"
    port = str(free_port())
    python, *words = command.split()
    assert python == "python"
    server = start([sys.executable, *words], int(port), cwd=bundle, **{**given, "PORT": port})
    assert_scores(server, taught)
    assert answers(server, settings["aws:elasticbeanstalk:environment:process:default"]["HealthCheckPath"])
    hook = bundle / ".platform" / "hooks" / "postdeploy" / "10_ready.sh"
    assert subprocess.run([hook], env={**os.environ, "PORT": port}, capture_output=True, check=False).returncode == 0
    assert stop_within(server, 30) == 0


def test_a_deployment_to_elastic_beanstalk_without_a_model_fails(start: Start, bundle: Path, tmp_path: Path) -> None:
    port = free_port()
    given = {"PORT": str(port), "MODEL_REGISTRY": str(tmp_path / "none")}
    start([sys.executable, "-m", "cli", "serve"], port, cwd=bundle, **given)
    (stub := tmp_path / "sleep").write_text("#!/bin/sh\n")  # the hook looks thirty times
    stub.chmod(0o755)
    hook = bundle / ".platform" / "hooks" / "postdeploy" / "10_ready.sh"
    env = {**os.environ, "PORT": str(port), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    failed = subprocess.run([hook], env=env, capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert '"unavailable"' in failed.stderr


def test_the_bundle_is_whole_and_its_application_answers(bundle: Path) -> None:
    module, _, name = beanstalk_settings(bundle)["aws:elasticbeanstalk:container:python"]["WSGIPath"].partition(":")
    probe = f"""
import sys
from werkzeug.test import Client
import cli.main
from {module} import {name}
answer = Client({name}).get("/ready")
assert answer.status_code == 200, answer.data
root = {str(ROOT)!r} + "/"
files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
print([file for file in files if file.startswith(root) and "/.venv/" not in file])
"""
    given = beanstalk_settings(bundle)["aws:elasticbeanstalk:application:environment"]
    told = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=bundle,
        env=clean_environment() | given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.strip() == "[]", "these were found beside the bundle, not in it"
    assert (bundle / "requirements.txt").exists()


def test_a_bundle_without_an_active_model_is_refused(tmp_path: Path) -> None:
    script = [sys.executable, str(DEPLOY / "elastic-beanstalk" / "bundle.py")]
    refused = subprocess.run(
        [*script, str(tmp_path / "a.zip"), "--models", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert refused.returncode == 2
    assert "ridescore train --activate" in refused.stderr
    assert not (tmp_path / "a.zip").exists()
