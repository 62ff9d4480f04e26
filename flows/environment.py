"""What Prefect must find in the environment when it is imported: no telemetry, our JSON lines as logs, and patience.

Never imports Prefect. What the user has set stays.
"""

import os
from pathlib import Path
from typing import Final

_WANTED: Final = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_SETTINGS_PATH": str(Path(__file__).with_name("logging.yml")),
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",  # our modules log outside of runs, too
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",  # of its 20, a busy machine needs more
}


def prepare_environment(log_level: str) -> None:
    """Set what is not set, for this process and those that it starts: one for each run, one for each file.

    Args:
        log_level: of our own logs and Prefect's.
    """
    for name, value in {**_WANTED, "PREFECT_LOGGING_LEVEL": log_level}.items():
        os.environ.setdefault(name, value)
