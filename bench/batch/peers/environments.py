"""Which frameworks are measured beside the file door, and their environments."""

from pathlib import Path
from typing import Final

from bench.environments import Environments

ENVIRONMENTS: Final = Environments(Path(__file__).parent, {"ray": "ray", "dask": "dask"})
