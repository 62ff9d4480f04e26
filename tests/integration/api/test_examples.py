"""Each example is run as a user runs it, against a real server."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from scoring.rides.ride import Ride

from .conftest import Server, Taught

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples"
SECONDS = 300


def run(*words: str | Path, **environment: str) -> str:
    """Run to the end, in the repository; what it printed."""
    env = {**os.environ, "NO_PROXY": "*", "no_proxy": "*", **environment}
    ended = subprocess.run(
        [str(word) for word in words], cwd=ROOT, env=env, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_the_curl_lines(server: Server) -> None:
    lines = run("bash", EXAMPLES / "curl.sh", server.url).splitlines()
    one, batch, refused, health, ready, metrics = [line for line in lines if line]
    assert '"duration":' in one
    assert '"ride_id":"a","duration":' in batch
    assert '"index":1' in batch
    assert '"code":"invalid-ride"' in refused
    assert '"request_id":"curl-1"' in refused
    assert '"healthy"' in health
    assert "model_version" in ready
    assert int(metrics) > 10


def test_the_course_notes_client_unchanged(server: Server, taught: Taught) -> None:
    pytest.importorskip("requests")
    duration = taught.scorer.model.score_ride(Ride(100, 200, 3.5))[0]
    printed = run(sys.executable, EXAMPLES / "requests_client.py", server.url)
    assert printed == (f"Predicted duration: {duration:.2f} minutes\nModel version: {taught.scorer.model_version}\n")


def test_the_python_client(server: Server, taught: Taught) -> None:
    printed = run(sys.executable, EXAMPLES / "python_client.py", server.url)
    duration = taught.scorer.model.score_ride(Ride(43, 151, 1.8))[0]
    assert printed.startswith("healthy, ")
    assert f"\n{duration:.2f} minutes by {taught.scorer.model_version}\n" in printed
    assert "\nride 2: PULocationID: " in printed
    assert f"\n[{duration!r}, " in printed
    assert "\ninvalid-ride: trip_distance: " in printed


@pytest.mark.skipif(find_spec("locust") is None, reason="the extra loadtest is not installed")
def test_the_course_notes_locust_file(server: Server, tmp_path: Path) -> None:
    words = ("-m", "locust", "-f", EXAMPLES / "locustfile.py", f"--host={server.url}", "--headless")
    counts = ("--users", "4", "--spawn-rate", "4", "--run-time", "5s", "--csv", tmp_path / "load")
    run(sys.executable, *words, *counts)  # exits with 1 where a request failed
    rows = (tmp_path / "load_stats.csv").read_text()
    assert "POST,/predict," in rows


def test_from_a_notebook_to_an_api() -> None:
    served, notebook = run(sys.executable, EXAMPLES / "notebook_start.py").splitlines()
    assert served.split()[1] == notebook.split()[1]
