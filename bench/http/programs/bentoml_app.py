"""BentoML, one worker, without access log, metrics and tracing: `FILE KIND PORT MODEL`."""

import os
import sys
from pathlib import Path
from typing import Any

import bentoml
import peer_model


@bentoml.service(workers=1, logging={"access": {"enabled": False}}, metrics={"enabled": False})
class Rides:
    """One ride to one prediction."""

    def __init__(self) -> None:
        self._score = peer_model.load(os.environ["PEER_KIND"], os.environ["PEER_MODEL"])

    @bentoml.api
    def predict(self, PULocationID: int, DOLocationID: int, trip_distance: float) -> dict[str, Any]:  # noqa: N803
        """Score it."""
        return {"duration": self._score(PULocationID, DOLocationID, trip_distance), "model_version": "peer"}


def main(kind: str, port: str, model_path: str) -> None:
    """Run until a signal."""
    os.environ |= {
        "PEER_KIND": kind,
        "PEER_MODEL": str(Path(model_path).resolve()),
        "BENTOML_DO_NOT_TRACK": "True",
        "BENTOML_HOST": "127.0.0.1",
    }
    folder = Path(__file__).parent
    words = ["serve", "bentoml_app:Rides", "--port", port, "--host", "127.0.0.1", "--working-dir", str(folder)]
    os.execv(sys.executable, [sys.executable, "-m", "bentoml", *words])  # noqa: S606 - by this interpreter


if __name__ == "__main__":
    main(*sys.argv[1:])
