"""1,000 rides a second while worker processes are killed and restarted one at a time: every failure counted, explained.

    python -m bench.http.kills [--seconds N] [--rate N] [--workers N] [--every N] [--json]

Exits with 1 where a failure is not explained by a kill.
"""

import click

from bench.http.killing import UNEXPLAINED, kill_under_load
from bench.http.rides import asked_rides
from bench.http.session import trained
from bench.http.tables import KILLS, kill_facts, kill_rows
from cli.output import json_option, show_facts, show_json, show_table


@click.command()
@click.option("--seconds", type=click.IntRange(5, 600), default=60, show_default=True)
@click.option("--rate", type=click.IntRange(1, 20_000), default=1_000, show_default=True, help="Rides a second.")
@click.option("--workers", type=click.IntRange(2, 16), default=2, show_default=True)
@click.option("--every", type=click.FloatRange(1, 60), default=5.0, show_default=True, help="Seconds between kills.")
@json_option
def main(seconds: int, rate: int, workers: int, every: float, as_json: bool) -> None:
    """Run it, and say what failed and why."""
    with trained() as (models, model, folder):
        run = kill_under_load(models, asked_rides(model), seconds, rate, workers, every, folder)
    if as_json:
        show_json(run)
    else:
        show_facts("Workers killed under load", kill_facts(run))
        show_table("Failures by cause", KILLS, kill_rows(run), numbers=KILLS[1:])
    if run.causes.get(UNEXPLAINED):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
