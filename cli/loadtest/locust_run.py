"""One headless run of Locust in a process of its own, and what it says of it."""

import csv
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import msgspec

from local_services.guarded import Guarded
from scoring.errors import ClientError, SettingsError

_LOCUSTFILE: Final = Path(__file__).with_name("locustfile.py")
_PATIENCE_SECONDS: Final = 60.0
_GRACE_SECONDS: Final = 10.0
PERCENTILES: Final = (50, 90, 95, 99, 99.9)


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """What to do.

    Attributes:
        users: that ask at a time.
        seconds: for how long.
        rate: requests a second of all users together; None is as fast as they get answers.
    """

    users: int
    seconds: int
    rate: float | None


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What came of it.

    Attributes:
        requests, failures: in all.
        requests_per_second: from the first to the last.
        response_ms: percentiles of the response time, by their names, and the longest; Locust rounds them.
        errors: how often each kind of failure came.
    """

    requests: int
    failures: int
    requests_per_second: float
    response_ms: Mapping[str, float]
    errors: Mapping[str, int]

    @property
    def failure_share(self) -> float:
        """Of all requests, 0 to 1."""
        return self.failures / self.requests if self.requests else 1.0


class _Entry(msgspec.Struct):
    num_requests: int
    num_failures: int
    response_times: dict[str, int]
    start_time: float
    last_request_timestamp: float | None = None
    max_response_time: float = 0.0


def require_locust() -> None:
    """See that Locust is there.

    Raises:
        SettingsError: it is not.
    """
    if find_spec("locust") is None:
        raise SettingsError("Locust is not installed; it is an extra: pip install 'ridescore[loadtest]'")


def run_locust(url: str, plan: LoadPlan, html: Path, folder: Path, on_second: Callable[[float], None]) -> LoadResult:
    """Run it to its end.

    Args:
        url: of the server.
        plan: how much.
        html: takes Locust's report.
        folder: for files.
        on_second: is told now and then how many seconds have passed.

    Raises:
        ClientError: Locust failed, or not one request was answered.
    """
    words = [
        *("-f", str(_LOCUSTFILE), "--host", url, "--headless", "--only-summary"),
        *("--users", str(plan.users), "--spawn-rate", str(plan.users), "--run-time", f"{plan.seconds}s"),
        *("--stop-timeout", "5", "--exit-code-on-error", "0", "--loglevel", "WARNING"),
        *("--html", str(html), "--json-file", str(folder / "stats"), "--csv", str(folder / "load")),
    ]
    env = {**os.environ, "NO_PROXY": "*", "no_proxy": "*"}
    env["LOADTEST_REQUESTS_PER_USER_SECOND"] = str(plan.rate / plan.users) if plan.rate else ""
    program = Guarded([sys.executable, "-m", "locust", *words], folder / "locust.log", env=env)
    began = time.monotonic()
    try:
        while program.wait(0.2) is None:
            passed = time.monotonic() - began
            on_second(passed)
            if passed > plan.seconds + _PATIENCE_SECONDS:
                raise ClientError(f"Locust did not end; the end of its log:\n{program.tail()}")
        if program.exit_code:
            raise ClientError(f"Locust ended with exit code {program.exit_code}; the end of its log:\n{program.tail()}")
    finally:
        program.end(_GRACE_SECONDS)
    return read_results(folder / "stats.json", folder / "load_failures.csv")


def read_results(stats: Path, failures: Path) -> LoadResult:
    """Read what Locust wrote.

    Raises:
        ClientError: there is nothing, or not one request was made.
    """
    try:
        entries = msgspec.json.decode(stats.read_bytes(), type=list[_Entry])
        errors = _errors(failures)
    except (OSError, msgspec.DecodeError) as error:
        raise ClientError(f"Locust left no results that can be read: {error}") from error
    requests = sum(entry.num_requests for entry in entries)
    if not requests:
        raise ClientError("Locust made no request")
    times: dict[float, int] = {}
    for entry in entries:
        for taken, count in entry.response_times.items():
            times[float(taken)] = times.get(float(taken), 0) + count
    seconds = max(entry.last_request_timestamp or 0.0 for entry in entries) - min(entry.start_time for entry in entries)
    return LoadResult(
        requests,
        sum(entry.num_failures for entry in entries),
        requests / max(seconds, 1e-9),
        {f"p{share:g}": percentile_of(times, share / 100) for share in PERCENTILES}
        | {"longest": max(entry.max_response_time for entry in entries)},
        errors,
    )


def percentile_of(counts: Mapping[float, int], share: float) -> float:
    """The smallest value that at least this share of all reach or stay below.

    Args:
        counts: how often each value came; not empty.
        share: above 0, at most 1.
    """
    wanted, passed = share * sum(counts.values()), 0
    for value in sorted(counts):
        passed += counts[value]
        if passed >= wanted:
            break
    return value


def _errors(path: Path) -> dict[str, int]:
    with path.open(newline="") as file:
        return {
            f"{row['Method']} {row['Name']}: {row['Error']}": int(row["Occurrences"]) for row in csv.DictReader(file)
        }
