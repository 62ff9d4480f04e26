"""The Docker engine and its compose plugin, as a user calls them; nothing here knows what a stack is made of."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(*words: str, environment: Mapping[str, str] | None = None, seconds: float = 600, give: str = "") -> str:
    """Run one command in the repository's root; its standard output. AssertionError tells what a failed one said."""
    ended = subprocess.run(
        words, cwd=ROOT, env=environment, input=give, capture_output=True, text=True, timeout=seconds, check=False
    )
    assert ended.returncode == 0, f"{' '.join(words)}: exit code {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout


def engine_problem() -> str | None:
    """Why no engine with compose can be had here; None where it answers."""
    if shutil.which("docker") is None:
        return "there is no docker on PATH"
    for words in (("docker", "info"), ("docker", "compose", "version")):
        asked = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        if asked.returncode != 0:
            return f"{' '.join(words)}: {asked.stderr.strip()}"
    return None


def clean_environment(**changed: str) -> dict[str, str]:
    """This process's environment without what a compose file of ours reads, and with `changed`."""
    prefixes = ("KAFKA_", "REDIS_", "MODEL_", "WORKER_", "API_", "FLOWS_", "BATCH_", "PREFECT_", "COMPOSE_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    return {**kept, **changed}
