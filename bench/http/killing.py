"""Workers killed one at a time under a constant rate: what failed, and why each did.

Kills by SIGKILL, so that a worker has no chance to finish what it holds. Nothing is sent twice: a client that
tries again, as api.client does, would show none of these failures.
"""

import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec

from bench.http.contestants import OURS, Contestant, Models, own_contestants
from bench.http.programs.paced_sender import Plan, Result
from bench.http.rides import AskedRide
from bench.http.serving import Broken, ask, check
from bench.running import descendants, running
from local_services.guarded import Guarded
from local_services.ports import LOCALHOST, free_port

_CONNECTIONS: Final = 64
_PATIENCE_SECONDS: Final = 60.0
_SENDER: Final = Path(__file__).parent / "programs" / "paced_sender.py"
_NEAR_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Kill:
    """One worker's death.

    Attributes:
        second: since the load began.
        pid: of the worker.
        back_seconds: until as many workers as before were there again.
    """

    second: float
    pid: int
    back_seconds: float


@dataclass(frozen=True, slots=True)
class KillRun:
    """What came of one run.

    Attributes:
        workers: that the server had.
        kills: in their order.
        result: of the sender.
        causes: of its failures, each with its count.
    """

    workers: int
    kills: list[Kill]
    result: Result
    causes: dict[str, int]

    @property
    def slowest_back_seconds(self) -> float:
        """The longest that it took until all workers were there again."""
        return max((kill.back_seconds for kill in self.kills), default=0.0)


def kill_under_load(
    models: Models, rides: Sequence[AskedRide], seconds: int, rate: int, workers: int, every: float, folder: Path
) -> KillRun:
    """Send at a constant rate, and kill a worker now and then, the next only when the last one is back.

    Raises:
        Broken: the server did not come up, or did not come back, or the sender failed.
    """
    api = next(each for each in own_contestants() if each.name == OURS)
    port = free_port()
    command = [sys.executable, "-m", "cli", "serve", "--host", LOCALHOST, "--port", str(port)]
    settings = {"MODEL_REGISTRY": models.registry}
    with running([*command, "--workers", str(workers)], folder / "server.log", settings) as server:
        _wait(server, lambda: len(_workers(server)) >= workers and _answers(api, port, rides))
        plan = Plan(
            port,
            api.path,
            [api.body(each.ride).decode() for each in rides],
            [each.duration_minutes for each in rides],
            rate,
            seconds,
            _CONNECTIONS,
        )
        given, out = folder / "kills.plan", folder / "kills.result"
        given.write_bytes(msgspec.json.encode(plan))
        with running([sys.executable, str(_SENDER), str(given), str(out)], folder / "sender.log") as sender:
            killed = _kill_in_turn(server, sender, seconds, every)
            if sender.wait(_PATIENCE_SECONDS + seconds) != 0:
                raise Broken(f"the sender failed; the end of its log:\n{sender.tail()}")
        check(api, port, rides)
    result = msgspec.json.decode(out.read_bytes(), type=Result)
    kills = [replace(kill, second=kill.second - result.began) for kill in killed]
    return KillRun(workers, kills, result, explained(kills, result))


def _kill_in_turn(server: Guarded, sender: Guarded, seconds: float, every: float) -> list[Kill]:
    """Kill until shortly before the end; seconds are by the monotonic clock."""
    kills: list[Kill] = []
    began = time.perf_counter()
    count = len(_workers(server))
    while sender.exit_code is None and time.perf_counter() - began < seconds - every:
        time.sleep(every)
        victims = [pid for pid in _workers(server) if pid not in {kill.pid for kill in kills}]
        if not victims:
            continue
        moment = time.perf_counter()
        os.kill(victims[0], signal.SIGKILL)
        _wait(server, _is_back(server, victims[0], count))
        kills.append(Kill(moment, victims[0], time.perf_counter() - moment))
    return kills


def _is_back(server: Guarded, victim: int, count: int) -> Callable[[], bool]:
    return lambda: victim not in (now := _workers(server)) and len(now) >= count


def _workers(server: Guarded) -> list[int]:
    """The processes that answer, oldest first: children of the one that we started."""
    return sorted(descendants(server.pid))


def _answers(api: Contestant, port: int, rides: Sequence[AskedRide]) -> bool:
    try:
        ask(api, port, rides[0])
    except OSError:
        return False
    return True


def _wait(server: Guarded, is_so: Callable[[], bool]) -> None:
    if problem := server.wait_until(is_so, _PATIENCE_SECONDS):
        raise Broken(f"the server {problem}")


UNEXPLAINED: Final = "not explained by a kill"
_HELD: Final = "held by a worker when it was killed: sent, not answered, its connection reset"
_NEW: Final = "connected to a worker that was killed before it took the connection"
_SENT_INTO: Final = "sent into a connection whose worker had just been killed"


def explained(kills: Sequence[Kill], result: Result) -> dict[str, int]:
    """Each failure with its cause; what is not near a kill, or is no broken connection, is not explained."""
    causes: Counter[str] = Counter()
    for failure in result.failures:
        near = any(
            -_NEAR_SECONDS <= failure.second - kill.second <= _NEAR_SECONDS + kill.back_seconds for kill in kills
        )
        broken = failure.kind.startswith(("before an answer", "in the middle", "while sending", "no connection"))
        if not (near and broken):
            causes[f"{UNEXPLAINED}: {failure.kind}"] += 1
            causes[UNEXPLAINED] += 1
        elif failure.kind.startswith("while sending"):
            causes[_SENT_INTO] += 1
        else:
            causes[_NEW if failure.new_connection else _HELD] += 1
    return dict(causes)
