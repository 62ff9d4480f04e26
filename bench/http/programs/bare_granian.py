"""granian around a bare WSGI function that does what scoring a ride needs, no more: `FILE PORT`."""

import sys
from collections.abc import Callable, Iterable
from typing import Any

from granian.constants import Interfaces
from granian.server import Server

from scoring.model_source import load_scorer
from scoring.prediction import encode_prediction
from scoring.rides.decoder import decode_ride
from scoring.settings.settings import read_settings


def load() -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """The function."""
    scorer = load_scorer(read_settings().model)

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = encode_prediction(scorer.score(decode_ride(environ["wsgi.input"].read()), ""))
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
        return [answer]

    return application


def main(port: int) -> None:
    """Run until a signal."""
    server = Server(
        "bare",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=8,
        log_enabled=False,
    )
    server.serve(target_loader=load, wrap_loader=False)


if __name__ == "__main__":
    main(int(sys.argv[1]))
