"""Blue-green in containers: the release script switches groups and back while requests run, and none fails."""

import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from local_services.ports import free_port
from tests.e2e.conftest import Figures
from tests.e2e.engine import ROOT, clean_environment, run
from tests.e2e.stack import ask, wait_until

FOLDER = ROOT / "deploy" / "blue-green"
RIDE = {"PULocationID": 43, "DOLocationID": 151, "trip_distance": 1.8}


@dataclass(frozen=True)
class Site:
    """A blue-green site of a name of its own."""

    port: int
    environment: dict[str, str]

    def release(self, *words: str) -> str:
        return run(str(FOLDER / "release"), *words, environment=self.environment)

    def predict(self) -> tuple[int, object]:
        return ask(f"http://127.0.0.1:{self.port}/predict", RIDE)


@pytest.fixture
def site(image: str) -> Iterator[Site]:
    port = free_port()
    environment = clean_environment(
        COMPOSE_PROJECT_NAME=f"ridescore-e2e-{secrets.token_hex(3)}",
        API_PORT=str(port),
        PREVIEW_PORT=str(free_port()),
        API_WORKERS="1",
        WATCH_SECONDS="3",
    )
    words = ["docker", "compose", "--project-directory", str(FOLDER)]
    run(*words, "build", "proxy", environment=environment)
    yield Site(port, environment)
    run(*words, "down", "--volumes", "--timeout", "5", environment=environment)


def test_releases_and_a_rollback_while_requests_run_fail_none(site: Site, image: str, figures: Figures) -> None:
    second = "ridescore-e2e-second:local"
    run("docker", "tag", image, second)
    site.release(image)
    wait_until("the first group", lambda: site.predict()[0] == 200)
    answers: Counter[int] = Counter()
    stopping = threading.Event()

    def ask_on() -> None:
        while not stopping.is_set():
            answers[site.predict()[0]] += 1

    threads = [threading.Thread(target=ask_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        told = [site.release(second), site.release("--status"), site.release("--rollback"), site.release("--status")]
        time.sleep(2)
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
    assert second in told[0]
    assert told[1] != told[3], "another group answers after the rollback"
    assert set(answers) == {200}, answers
    assert answers[200] > 100
    figures.add(f"blue-green: released and rolled back while {answers[200]:,} requests ran, none failed")
