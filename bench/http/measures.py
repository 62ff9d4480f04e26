"""What is measured of a server that runs: peak rate, response times at a rate, batches; and of its start and memory."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.http.contestants import Contestant, Models
from bench.http.cores import on_core
from bench.http.paced_wrk import send_at_rate, share_ms
from bench.http.programs.batch_sender import ARROW, JSON
from bench.http.rides import AskedRide
from bench.http.serving import Broken, Serving, ask, serving
from bench.http.wrk import put_under_load
from bench.running import cpu_seconds, descendants, running
from local_services.guarded import Guarded
from local_services.ports import free_port

BATCH_RIDES: Final = 1_000
_WARM_SECONDS: Final = 2
_PATIENCE_SECONDS: Final = 60.0
_PROGRAMS: Final = Path(__file__).parent / "programs"


@dataclass(frozen=True, slots=True)
class Rate:
    """One round of one contestant.

    Attributes:
        per_second: right answers a second, 16 connections always busy.
        wrong, failed: other answers, and connections that broke.
        p99_ms: of the response time under that load.
        cpu_microseconds: of processor time a request, all the server's processes.
    """

    per_second: float
    wrong: int
    failed: int
    p99_ms: float
    cpu_microseconds: float


@dataclass(frozen=True, slots=True)
class Latency:
    """Response times at a constant rate, from when each request was due.

    Attributes:
        contestant: whose.
        rate: requests a second.
        p50_ms, p99_ms, longest_ms: of right answers.
        sent_late_p99_ms: how late the sender itself was, which the others contain.
        answered, failed: requests.
    """

    contestant: str
    rate: float
    p50_ms: float
    p99_ms: float
    longest_ms: float
    sent_late_p99_ms: float
    answered: int
    failed: int


@dataclass(frozen=True, slots=True)
class Batches:
    """Rides a second in batches of 1,000; `wrong` counts batches with any other number than the core's."""

    form: str
    rides_per_second: float
    batches: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a server takes.

    Attributes:
        ready_seconds: from its start to its first right answer, by run.
        worker_rss_bytes, worker_pss_bytes: of its largest process after it has answered; pss counts what processes
            share by halves.
        all_pss_bytes: of all its processes.
    """

    ready_seconds: list[float]
    worker_rss_bytes: int
    worker_pss_bytes: int
    all_pss_bytes: int


def measure_rate(
    contestant: Contestant, server: Serving, rides: Sequence[AskedRide], seconds: int, folder: Path
) -> Rate:
    """Warm up, then load it for so long.

    Raises:
        Broken: it answered nothing rightly.
    """
    put_under_load(contestant, server.port, rides, _WARM_SECONDS, folder)
    before = cpu_seconds(server.program.pid)
    load = put_under_load(contestant, server.port, rides, seconds, folder)
    used = cpu_seconds(server.program.pid) - before
    if not load.right:
        raise Broken(f"{contestant.name} gave no right answer; the first wrong one: {load.first_wrong}")
    return Rate(load.per_second, load.wrong, load.failed, load.p99_ms, used / (load.right + load.wrong) * 1e6)


def measure_latency(
    contestant: Contestant, server: Serving, rides: Sequence[AskedRide], rate: float, seconds: int, folder: Path
) -> Latency:
    """Send at a constant rate for so long, after a warm-up.

    Raises:
        Broken: nothing was answered rightly.
    """
    send_at_rate(contestant, server.port, rides, rate, _WARM_SECONDS, folder)
    found = send_at_rate(contestant, server.port, rides, rate, seconds, folder)
    if not found.right:
        raise Broken(f"{contestant.name} gave no right answer; the first wrong one: {found.first_wrong}")
    p50_ms, p99_ms, longest_ms = (share_ms(found.taken, share) for share in (0.5, 0.99, 1.0))
    late_ms = share_ms(found.late, 0.99)
    return Latency(contestant.name, rate, p50_ms, p99_ms, longest_ms, late_ms, found.right, found.failed)


def measure_batches(server: Serving, rides: Sequence[AskedRide], seconds: float, folder: Path) -> list[Batches]:
    """Batches of 1,000 rides as JSON and as Arrow.

    Args:
        server: the API.
        rides: 1,000.
        seconds: for how long, each.
        folder: for files.

    Raises:
        Broken: the sender failed.
    """
    import pyarrow as pa

    from bench.http.programs.batch_sender import Plan, Result

    found = []
    table = pa.table(
        {
            "PULocationID": [each.ride.PULocationID for each in rides],
            "DOLocationID": [each.ride.DOLocationID for each in rides],
            "trip_distance": [each.ride.trip_distance for each in rides],
        }
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    plain = [
        {"PULocationID": r.PULocationID, "DOLocationID": r.DOLocationID, "trip_distance": r.trip_distance}
        for r in (each.ride for each in rides)
    ]
    bodies = {JSON: msgspec.json.encode({"rides": plain}), ARROW: bytes(sink.getvalue())}
    for form, body in bodies.items():
        (folder / "batch").write_bytes(body)
        plan = Plan(server.port, str(folder / "batch"), form, [each.duration_minutes for each in rides], seconds)
        result = msgspec.json.decode(_run_sender("batch_sender", plan, folder, seconds), type=Result)
        right = result.batches - result.wrong
        found.append(
            Batches(
                "JSON" if form == JSON else "Arrow", right * len(rides) / result.seconds, result.batches, result.wrong
            )
        )
    return found


def measure_footprint(
    contestant: Contestant, models: Models, rides: Sequence[AskedRide], runs: int, folder: Path
) -> Footprint:
    """Start it so many times, then look at its memory after it was under load.

    Raises:
        Broken: it did not come up.
    """
    ready = [_seconds_to_answer(contestant, models, rides[0], folder) for _ in range(runs + 1)][
        1:
    ]  # the first warms up
    with serving(contestant, models, rides, folder) as server:
        put_under_load(contestant, server.port, rides, _WARM_SECONDS, folder)
        sizes = [size for pid in (server.program.pid, *descendants(server.program.pid)) if (size := memory_of(pid))]
    rss, pss = max(sizes)
    return Footprint(ready, rss, pss, sum(each[1] for each in sizes))


def memory_of(pid: int) -> tuple[int, int] | None:
    """Resident and proportional bytes of a process; None where it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return None
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
    return kilobytes["Rss"] * 1024, kilobytes["Pss"] * 1024


def _seconds_to_answer(contestant: Contestant, models: Models, asked: AskedRide, folder: Path) -> float:
    port = free_port()
    began = time.perf_counter()
    with running(contestant.command(port, models), folder / "start.log", contestant.settings(port, models)) as program:
        while True:
            try:
                ask(contestant, port, asked)
                return time.perf_counter() - began
            except OSError:
                _still_starting(contestant, program, began)
                time.sleep(0.002)


def _still_starting(contestant: Contestant, program: Guarded, began: float) -> None:
    if program.exit_code is not None or time.perf_counter() - began > _PATIENCE_SECONDS:
        raise Broken(f"{contestant.name} did not start; the end of its log:\n{program.tail()}")


def _run_sender(name: str, plan: Any, folder: Path, seconds: float) -> bytes:
    """Run a program of ours on the other core to its end."""
    given, result, log = folder / f"{name}.plan", folder / f"{name}.result", folder / f"{name}.log"
    given.write_bytes(msgspec.json.encode(plan))
    result.unlink(missing_ok=True)
    command = [sys.executable, str(_PROGRAMS / f"{name}.py"), str(given), str(result)]
    with running(on_core(1, command), log) as program:
        if program.wait(seconds + _PATIENCE_SECONDS) != 0:
            raise Broken(f"the sender failed; the end of its log:\n{program.tail()}")
    return result.read_bytes()
