"""`python -m api` is `ridescore serve` without options: HOST, PORT, MODEL_PATH and the rest from the environment."""

import sys

from api.server import serve
from scoring.errors import RidescoreError
from scoring.logs import configure_logs
from scoring.settings.settings import read_settings


def run() -> int:
    """Serve until a signal; the exit code."""
    try:
        settings = read_settings()
        configure_logs(settings.log.log_level)
        return serve(settings)
    except RidescoreError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(run())
