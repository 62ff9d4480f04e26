"""A worker starts in a second because it never loads scikit-learn, scipy or pandas."""

import re
import subprocess
import sys
from collections.abc import Callable
from signal import SIGTERM
from typing import Any

HEAVY = {"sklearn", "scipy", "pandas", "pyarrow", "skops"}

LOADS = """
import sys
import cli.main, cli.worker
import worker.probes, worker.slot, worker.state, worker.watchdog, worker.worker
import worker.clients.kafka_python.client
from scoring.model_source import load_scorer
from scoring.rides.ride import Ride
from scoring.settings.model_settings import ModelSettings
scorer = load_scorer(ModelSettings(registry=sys.argv[1]))
assert scorer.score(Ride(7, 8, 1.5), "here").duration > 0
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_loading_a_linear_version_imports_nothing_heavy(taught: Any) -> None:
    command = [sys.executable, "-c", LOADS, str(taught.registry)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    loaded = set(ended.stdout.split())
    assert {"kafka", "numpy", "msgspec", "worker"} <= loaded, "what it does need is there"
    assert loaded & HEAVY == set()


def test_a_worker_imports_nothing_heavy_in_its_whole_life(site: Callable[..., Any]) -> None:
    here = site(PYTHONPROFILEIMPORTTIME="1")
    here.publish(*here.mixed(100))
    worker = here.worker()
    here.wait_for_all()
    assert worker.stop(SIGTERM) == 0
    lines = re.findall(r"^import time: .*\| +(\S+)$", worker.log.read_text(), re.MULTILINE)
    loaded = {name.partition(".")[0] for name in lines}
    assert {"kafka", "numpy", "msgspec", "worker"} <= loaded
    assert loaded & HEAVY == set()
