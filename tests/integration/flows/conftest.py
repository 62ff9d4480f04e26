"""A real Prefect server, started once, and a site of one's own: landing folder, output, registry, environment."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

import httpx
import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.client.schemas.objects import Artifact
from prefect.logging.handlers import APILogHandler
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.environment import prepare_environment
from local_services.ports import LOCALHOST, free_port
from scoring.registry.registry import Registry
from training.sample_rides import JANUARY, MONTHS
from training.train import TrainingPlan, train_version

RIDESCORE = str(Path(sys.executable).with_name("ridescore"))
RUNS_AT_A_TIME = 20  # that the server gives, of 200: whoever wants all of them must ask again
WAIT_SECONDS = 600.0  # for what is sure to come, however busy the machine


@dataclass
class Site:
    """Folders of one test, and the environment that names them.

    Attributes:
        environment: what a process of this site is started with.
    """

    root: Path
    environment: dict[str, str]
    processes: "list[subprocess.Popen[str]]" = field(default_factory=list)

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def output(self) -> Path:
        return self.root / "predictions"

    def land(self, *months: Path) -> list[str]:
        """Copy files into the landing folder; their paths."""
        return [shutil.copy(month, self.landing / month.name) and str(self.landing / month.name) for month in months]

    def start(self, *words: str, **changed: str) -> "subprocess.Popen[str]":
        """Start `ridescore` with these words; its standard error goes to ``<n>.log``."""
        log = (self.root / f"{len(self.processes)}.log").open("w")
        process = subprocess.Popen(
            [RIDESCORE, *words], env=self.environment | changed, stdout=subprocess.PIPE, stderr=log, text=True
        )
        log.close()
        self.processes.append(process)
        return process

    def logs(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.root.glob("*.log")))


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One version, trained on January's sample."""
    location = tmp_path_factory.mktemp("registry") / "models"
    trained = Registry(str(location))
    trained.activate(train_version(TrainingPlan([str(JANUARY)], algorithm="ridge"), trained).version)
    return location


@pytest.fixture
def site(tmp_path: Path, registry: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A site with the sample months in its landing folder; this process's environment names it, too."""
    (tmp_path / "landing").mkdir()
    shutil.copytree(registry, tmp_path / "models")
    settings = {
        "MODEL_REGISTRY": str(tmp_path / "models"),
        "FLOWS_LANDING": str(tmp_path / "landing"),
        "FLOWS_OUTPUT": str(tmp_path / "predictions"),
        "FLOWS_RETRY_SECONDS": "0",
        "FLOWS_LANDING_CRON": "",
        "FLOWS_TRAINING_CRON": "",
        "BATCH_PROCESSES": "1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    made = Site(tmp_path, dict(os.environ))
    made.land(*MONTHS)
    yield made
    for process in made.processes:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prefect")


@pytest.fixture(scope="session")
def prefect_server(prefect_home: Path) -> Iterator[str]:
    """The API's address of a real Prefect server, without what no flow needs, such as its page."""
    port = free_port()
    address = f"http://{LOCALHOST}:{port}/api"
    environment = os.environ | {
        "PREFECT_HOME": str(prefect_home),
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "5",
        "PREFECT_SERVER_SERVICES_SCHEDULER_MAX_RUNS": "20",  # ahead, of 100: schedules of seconds make many
        "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "2",
        "PREFECT_SERVER_API_DEFAULT_LIMIT": str(RUNS_AT_A_TIME),
        "PREFECT_SERVER_UI_ENABLED": "false",
        "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
        "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED": "false",
        "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",  # only names them so, hundreds at a time
    }
    words = [sys.executable, "-m", "prefect", "server", "start", "--host", LOCALHOST, "--port", str(port)]
    with (prefect_home / "server.log").open("w") as log:
        server = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
    try:
        wait_until(lambda: answers(f"{address}/health"), (prefect_home / "server.log").read_text)
        yield address
        APILogHandler().flush()  # what is logged after the server's end is complained of
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@pytest.fixture
def prefect(prefect_server: str, site: Site) -> Iterator[SyncPrefectClient]:
    """Flows that this process runs, and those that it starts, are on that server; a client of it."""
    site.environment["PREFECT_API_URL"] = prefect_server
    with patch.dict(os.environ):
        prepare_environment("INFO")
        with temporary_settings({PREFECT_API_URL: prefect_server}), get_client(sync_client=True) as client:
            yield client
            for deployment in client.read_deployments():  # nor the runs ahead of them reach the next test
                client.delete_deployment(deployment.id)


@pytest.fixture
def nobody() -> Iterator[str]:
    """Host and port where nobody listens, nor begins to while the test runs."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as held:
        held.bind((LOCALHOST, free_port()))
        yield f"{LOCALHOST}:{held.getsockname()[1]}"


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2.0).is_success
    except httpx.HTTPError:
        return False


def wait_until(true: Callable[[], Any], what: Callable[[], str] = str) -> Any:
    """Wait for something to become true and give it; fail with what is told after long."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        found = true()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"not within {WAIT_SECONDS:g} s: {what()}")


def artifacts(client: SyncPrefectClient, flow_run_id: UUID) -> dict[str, Artifact]:
    """What a run left on its page, by key."""
    found = client.read_artifacts(
        artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[flow_run_id]))
    )
    return {str(each.key): each for each in found}
