"""The ceiling: the API's loop and parser around what scoring a ride needs, no more: `FILE PORT`.

No routes, limits, errors or time-outs: whatever comes is taken for a ride.
"""

import asyncio
import sys
from typing import Any

import uvloop
from httptools import HttpRequestParser

from scoring.model_source import load_scorer
from scoring.prediction import encode_prediction
from scoring.rides.decoder import decode_ride
from scoring.scorer import Scorer
from scoring.settings.settings import read_settings


class Bare(asyncio.Protocol):
    """A connection.

    Args:
        scorer: scores the rides.
    """

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._parser = HttpRequestParser(self)
        self._body = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Parse."""
        self._parser.feed_data(data)

    def on_body(self, piece: bytes) -> None:
        """Collect."""
        self._body += piece

    def on_message_complete(self) -> None:
        """Decode, score, encode, answer."""
        content = encode_prediction(self._scorer.score(decode_ride(self._body), ""))
        self._body = b""
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(content)
        self._transport.write(head + content)


async def serve(port: int) -> None:
    """Answer for ever."""
    scorer = load_scorer(read_settings().model)
    server = await asyncio.get_running_loop().create_server(lambda: Bare(scorer), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
