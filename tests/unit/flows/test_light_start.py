"""Telemetry is off wherever flows start, and nothing but flows pays for Prefect."""

import subprocess
import sys

import pytest

PREPARED = """
import os, sys
from flows.environment import prepare_environment
prepare_environment("WARNING")
assert "prefect" not in sys.modules
import prefect
from prefect.settings import get_current_settings
settings = get_current_settings()
print(os.environ["DO_NOT_TRACK"], settings.server.analytics_enabled, settings.logging.level, settings.home)
"""


def test_telemetry_is_off_and_the_home_is_the_users(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DO_NOT_TRACK", "PREFECT_SERVER_ANALYTICS_ENABLED", "PREFECT_LOGGING_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    done = subprocess.run([sys.executable, "-c", PREPARED], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "False", "WARNING", str(tmp_path)]


def test_what_the_user_has_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.environment import prepare_environment

    monkeypatch.setenv("PREFECT_LOGGING_LEVEL", "DEBUG")
    monkeypatch.setenv("PREFECT_LOGGING_SETTINGS_PATH", "mine.yml")
    for name in (
        "DO_NOT_TRACK",
        "PREFECT_SERVER_ANALYTICS_ENABLED",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS",
    ):
        monkeypatch.setenv(name, "0")
    import os

    before = dict(os.environ)
    prepare_environment("INFO")
    assert dict(os.environ) == before


@pytest.mark.parametrize("module", ["worker.worker", "api.app", "batch.run", "training.challenge", "cli.main"])
def test_nothing_but_the_flows_imports_prefect(module: str) -> None:
    script = (
        f"import sys, {module}; print(sorted({{name.split('.')[0] for name in sys.modules}} & {{'prefect', 'dask'}}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
