"""Swap versions under load and say what it cost.

    python -m bench.swap [--rate 2000] [--processes 2] [--changes 20] [--poll-seconds 5]

Exits with 1 where a request failed, a number was wrong, or a process followed too late.
"""

import sys

import click
import numpy as np

from bench.swap.session import Outcome, Plan, run

_TOLD_SECONDS = 2.0


@click.command()
@click.option("--rate", type=float, default=2_000, show_default=True, help="Requests a second.")
@click.option("--processes", type=int, default=2, show_default=True, help="Of the server.")
@click.option("--clients", type=int, default=2, show_default=True, help="Processes that ask.")
@click.option("--changes", type=int, default=20, show_default=True, help="Promotions and rollbacks.")
@click.option("--poll-seconds", type=float, default=5.0, show_default=True, help="How often processes look untold.")
def main(rate: float, processes: int, clients: int, changes: int, poll_seconds: float) -> None:
    """Swap versions under load and say what it cost."""
    import time

    plan = Plan(rate, processes, changes, poll_seconds, clients)
    begun = time.monotonic()
    outcome = run(plan, lambda line: click.echo(f"{time.monotonic() - begun:7.2f} s  {line}"))
    sys.exit(0 if _told(plan, outcome) else 1)


def _told(plan: Plan, outcome: Outcome) -> bool:
    heard = outcome.heard
    milliseconds = np.asarray(heard.seconds) * 1000
    told, polled = outcome.told_seconds, outcome.polled_seconds
    p50, p99 = np.percentile(milliseconds, [50, 99])
    click.echo(f"right answers       {heard.answers:,}, of {len(heard.versions)} versions")
    click.echo(f"failures            {heard.failures.total()}  {dict(heard.failures.most_common(3)) or ''}")
    click.echo(f"response time       p50 {p50:.2f} ms, p99 {p99:.2f} ms, longest {milliseconds.max():.1f} ms")
    click.echo(f"followed, told      {_shown(told)}")
    click.echo(f"followed, polling   {_shown(polled)}")
    click.echo(f"damaged version     {len(outcome.damaged_seen)} processes kept the old one and said why")
    click.echo(f"server's exit code  {outcome.exit_code}")
    in_time = all(each is not None and each <= _TOLD_SECONDS for each in told)
    polled_in_time = all(each is not None and each <= plan.poll_seconds + _TOLD_SECONDS for each in polled)
    return not heard.failures and in_time and polled_in_time and outcome.exit_code == 0


def _shown(seconds: list[float | None]) -> str:
    done = [each for each in seconds if each is not None]
    spread = f"median {np.median(done):.3f} s, longest {max(done):.3f} s"
    return f"{len(seconds)} changes, {spread}, never {seconds.count(None)}"


if __name__ == "__main__":
    main()
