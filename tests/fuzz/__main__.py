"""`make fuzz`: both fuzz suites at length, on both layers, against servers that this starts and ends.

python -m tests.fuzz --cases 5000 --connections 2000
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import click
from hypothesis import HealthCheck, given, settings

from tests.fuzz.documented import fuzz_documented
from tests.fuzz.raw_bytes import RIDE, connections, converse, statuses
from tests.integration.api.conftest import Server, is_ready, start_server, wait_until
from training.sample_rides import JANUARY

_STEP = 400  # cases an operation, at most, in one run of schemathesis; a run's seed decides them
_TOKEN = "a-token-for-the-fuzz"


@click.command()
@click.option("--cases", default=5_000, show_default=True, help="Documented cases, on each layer.")
@click.option("--connections", "count", default=2_000, show_default=True, help="Of raw bytes, on each layer.")
def main(cases: int, count: int) -> None:
    """Fuzz the HTTP door; exits with 1 where anything was found."""
    with tempfile.TemporaryDirectory() as folder:
        registry = Path(folder) / "models"
        train = [sys.executable, "-m", "cli", "train", "--data", str(JANUARY), "--registry", str(registry)]
        subprocess.run([*train, "--activate", "--json"], check=True, stdout=subprocess.DEVNULL)
        found = [_fuzz(layer, Path(folder), registry, cases, count) for layer in ("fast", "flask")]
        found.append(_fuzz_with_token(Path(folder), registry, cases // 10))
    sys.exit(max(found))


def _fuzz(layer: str, folder: Path, registry: Path, cases: int, count: int) -> int:
    server = start_server(folder / f"{layer}.log", registry, API_FAST_PATH="1" if layer == "fast" else "0")
    try:
        wait_until(lambda: is_ready(server), "the server is ready")
        found = _documented(layer, server, cases) + _raw_bytes(layer, server, count)
    finally:
        server.stop()
    mistakes = [line for line in server.lines() if line["level"] in ("ERROR", "CRITICAL")]
    for line in mistakes[:5]:
        click.echo(json.dumps(line), err=True)
    click.echo(f"{layer}: {len(mistakes)} errors in the server's log")
    return int(found + len(mistakes) > 0)


def _fuzz_with_token(folder: Path, registry: Path, cases: int) -> int:
    """Where a token is set, which it is sent and, by schemathesis's own check, not sent."""
    server = start_server(folder / "token.log", registry, API_TOKEN=_TOKEN)
    try:
        wait_until(lambda: is_ready(server), "the server is ready")
        return int(_documented("token", server, cases, _TOKEN) > 0)
    finally:
        server.stop()


def _documented(layer: str, server: Server, wanted: int, token: str = "") -> int:
    """Run schemathesis with one seed after another until enough cases were made; the failures."""
    cases = failures = seed = 0
    while cases < wanted and not failures:
        seed += 1
        most = min(_STEP, max(wanted // 12, 5))
        run = fuzz_documented(
            server.port, most, "--seed", str(seed), "--phases", "examples,coverage,fuzzing", token=token
        )
        cases, failures = cases + run.cases, failures + run.failures
        if not run.passed or not run.cases:
            failures = max(failures, 1)
            click.echo(run.output, err=True)
        click.echo(f"{layer}: {cases} documented cases in {seed} runs, {failures} failures")
    return failures


def _raw_bytes(layer: str, server: Server, count: int) -> int:
    """Converse until something is found; the failures."""
    expected = server.post("/predict", json.loads(RIDE)).json()["duration"]
    answers: dict[int, int] = {}

    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(connections())
    def fuzz(pieces: list[bytes]) -> None:
        answered = converse(server.port, pieces, idle_seconds=0.02)
        for status in statuses(answered):
            answers[status] = answers.get(status, 0) + 1
            assert status < 500, answered
        again = server.post("/predict", json.loads(RIDE))
        assert (again.status, again.json()["duration"]) == (200, expected)

    try:
        fuzz()
    except AssertionError as error:
        click.echo(f"{layer}: after raw bytes: {error}", err=True)
        return 1
    told = ", ".join(f"{answers[status]} x {status}" for status in sorted(answers))
    click.echo(f"{layer}: {count} connections of raw bytes, and a sound answer after each; they were told {told}")
    return 0


if __name__ == "__main__":
    main()
