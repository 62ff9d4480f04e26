"""The stream peers' environments."""

from pathlib import Path
from typing import Final

from bench.environments import Environments

PEERS: Final = ("quix", "faust")
_ENVIRONMENTS: Final = Environments(Path(__file__).parent, {"quix": "quixstreams", "faust": "faust-streaming"})

install = _ENVIRONMENTS.install
installed = _ENVIRONMENTS.installed
versions = _ENVIRONMENTS.versions
