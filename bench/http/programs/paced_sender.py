"""Sends at a constant rate in a process of its own: `FILE PLAN RESULT`, both JSON."""

import gc
import sys
from pathlib import Path

import msgspec

from bench.figures import percentile
from bench.http.connection import request_bytes
from bench.http.paced import Failure, send_paced


class Plan(msgspec.Struct):
    """What to send.

    Attributes:
        port, path: where to.
        bodies: in turn.
        durations: the number that each must be answered with, bit for bit.
        rate: a second.
        seconds: for how long.
        connections: the most in flight.
    """

    port: int
    path: str
    bodies: list[str]
    durations: list[float]
    rate: float
    seconds: float
    connections: int


class Result(msgspec.Struct):
    """What came of it, in milliseconds; response times are from when each request was due.

    `began` is by the machine's monotonic clock.
    """

    began: float
    rate: float
    sent: int
    answered: int
    p50_ms: float
    p99_ms: float
    p999_ms: float
    longest_ms: float
    sent_late_p99_ms: float
    failures: list[Failure]


class _Answer(msgspec.Struct):
    duration: float


def main(plan_path: str, result_path: str) -> None:
    """Run one plan."""
    plan = msgspec.json.decode(Path(plan_path).read_bytes(), type=Plan)
    decode = msgspec.json.Decoder(_Answer).decode
    durations = plan.durations

    def check(number: int, status: int, body: bytes) -> str:
        if status != 200:
            return f"status {status}"
        return "" if decode(body).duration == durations[number % len(durations)] else "a wrong number"

    requests = [request_bytes(plan.path, body.encode()) for body in plan.bodies]
    gc.disable()
    found = send_paced(plan.port, requests, check, plan.rate, plan.seconds, plan.connections)
    taken, late = sorted(found.seconds) or [0.0], sorted(found.late_seconds) or [0.0]
    p50, p99, p999 = (percentile(taken, share) * 1e3 for share in (0.5, 0.99, 0.999))
    late_ms = percentile(late, 0.99) * 1e3
    answered = len(found.seconds)
    result = Result(
        found.began, plan.rate, found.sent, answered, p50, p99, p999, taken[-1] * 1e3, late_ms, found.failures
    )
    Path(result_path).write_bytes(msgspec.json.encode(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
