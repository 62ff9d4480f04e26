"""LitServe, one worker on the processor: `FILE KIND PORT MODEL`."""

import os
import sys
from typing import Any

import litserve
import peer_model


class RideApi(litserve.LitAPI):
    """One ride to one prediction."""

    def setup(self, device: str) -> None:
        """Read the model."""
        del device
        self._score = peer_model.load(os.environ["PEER_KIND"], os.environ["PEER_MODEL"])

    def decode_request(self, request: dict[str, Any]) -> dict[str, Any]:
        """Take the ride as it is."""
        return request

    def predict(self, ride: dict[str, Any]) -> float:
        """Score it."""
        return self._score(ride["PULocationID"], ride["DOLocationID"], ride["trip_distance"])

    def encode_response(self, minutes: float) -> dict[str, Any]:
        """Make the answer."""
        return {"duration": minutes, "model_version": "peer"}


def main(kind: str, port: str, model_path: str) -> None:
    """Run until a signal."""
    os.environ |= {"PEER_KIND": kind, "PEER_MODEL": model_path}  # its worker is a process of its own
    server = litserve.LitServer(RideApi(), accelerator="cpu", workers_per_device=1)
    server.run(
        host="127.0.0.1",
        port=int(port),
        num_api_servers=1,
        log_level="warning",
        access_log=False,
        generate_client_file=False,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
