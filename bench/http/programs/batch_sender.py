"""Keeps two connections busy with batches, in a process of its own: `FILE PLAN RESULT`, both JSON.

Every duration of every answer is compared with the core's; two connections, so that the server never waits for that.
"""

import gc
import select
import sys
import time
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from bench.http.connection import Connection, request_bytes

CONNECTIONS = 2
ARROW = "application/vnd.apache.arrow.stream"
JSON = "application/json"


class Plan(msgspec.Struct):
    """What to send.

    Attributes:
        port: where to.
        body: a file with the batch.
        content_type: of it.
        durations: of its rides, bit for bit.
        seconds: for how long.
    """

    port: int
    body: str
    content_type: str
    durations: list[float]
    seconds: float


class Result(msgspec.Struct):
    """What came of it; the first batch of each connection is not counted."""

    batches: int
    wrong: int
    seconds: float


class _Prediction(msgspec.Struct):
    duration: float


class _Answer(msgspec.Struct):
    predictions: list[_Prediction]


_decode = msgspec.json.Decoder(_Answer).decode


def durations_of(body: bytes, content_type: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The durations that an answer holds, float64, shape (n,)."""
    if content_type == ARROW:
        with pa.ipc.open_stream(body) as reader:
            return np.asarray(reader.read_all().column("duration").to_numpy(), np.float64)
    return np.array([each.duration for each in _decode(body).predictions])


def main(plan_path: str, result_path: str) -> None:
    """Run one plan."""
    plan = msgspec.json.decode(Path(plan_path).read_bytes(), type=Plan)
    request = request_bytes("/predict/batch", Path(plan.body).read_bytes(), plan.content_type)
    expected = np.array(plan.durations)
    gc.disable()
    connections = [Connection(plan.port) for _ in range(CONNECTIONS)]
    by_number = {connection.fileno(): connection for connection in connections}
    poll = select.epoll()
    for connection in connections:
        poll.register(connection.fileno(), select.EPOLLIN)
        connection.send(request, 0, 0.0)
    batches = wrong = 0
    began = ends = 0.0
    while not ends or time.perf_counter() < ends:
        for number, _event in poll.poll(5):
            connection = by_number[number]
            answer = connection.receive()
            if answer is None:
                continue
            status, body = answer
            if status != 200:
                sys.exit(f"the server answered {status}: {body[:300]!r}")
            connection.send(request, 0, 0.0)  # before the check: the server must not wait for it
            if not np.array_equal(durations_of(body, plan.content_type), expected):
                wrong += 1
                if wrong == 1:
                    print(f"wrong: {body[:300]!r}", flush=True)
            if ends:
                batches += 1
            elif all(each.answered for each in connections):
                began = time.perf_counter()
                ends = began + plan.seconds
    result = Result(batches, wrong, time.perf_counter() - began)
    Path(result_path).write_bytes(msgspec.json.encode(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
