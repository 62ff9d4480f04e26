"""Which servers are measured beside the API, and their environments."""

from pathlib import Path
from typing import Final

from bench.environments import Environments

COURSE_NOTES: Final = "course_notes"
PEERS: Final = ("mlserver", "litserve", "bentoml")
ENVIRONMENTS: Final = Environments(
    Path(__file__).parent,
    {COURSE_NOTES: "gunicorn", "mlserver": "mlserver", "litserve": "litserve", "bentoml": "bentoml"},
)
