"""``python -m tests.chaos``: every fault on every client; exit code 1 if any verdict is bad."""

import importlib.util
import json
import signal
import sys
import time
from types import FrameType
from typing import NoReturn

import click
from rich.console import Console

from tests.chaos.fault import Fault
from tests.chaos.faults import ALL_FAULTS
from tests.chaos.page import write_page
from tests.chaos.report import Progress, show_table, table_console
from tests.chaos.run import How
from tests.chaos.suite import Suite

_CLIENTS = {"kafka-python": "worker.clients.kafka_python", "confluent": "worker.clients.confluent"}
_FULL_RIDES, _SHORT_RIDES = 100_000, 5_000


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--client", type=click.Choice([*_CLIENTS, "both"]), default="both", show_default=True)
@click.option("--rides", type=click.IntRange(min=500), help="In each run.  [default: 100,000; 5,000 with --short]")
@click.option("--fault", "names", multiple=True, metavar="NAME", help="Only this one; may be repeated.")
@click.option("--short", is_flag=True, help="Fewer faults, rides and repetitions: under 10 minutes on two cores.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of all that is chosen at random.")
@click.option("--jobs", type=click.IntRange(1, 16), default=6, show_default=True, help="Runs at a time.")
@click.option("--keep-logs", is_flag=True, help="Keep the logs of good runs too.")
@click.option("--write-docs", is_flag=True, help="Write the table to docs/faults.md too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines instead of the table.")
@click.option("--list", "listing", is_flag=True, help="List the faults and end.")
def chaos(
    client: str,
    rides: int | None,
    names: tuple[str, ...],
    short: bool,
    seed: int,
    jobs: int,
    keep_logs: bool,
    write_docs: bool,
    as_json: bool,
    listing: bool,
) -> None:
    """Break everything around real workers, and judge what comes out ride for ride.

    \b
    Example: python -m tests.chaos --short --client kafka-python --fault kill-at-random
    """
    if listing:
        for fault in ALL_FAULTS:
            click.echo(f"{fault.name:24} {'short' if fault.short else '     '}  {fault.about}")
        return
    signal.signal(signal.SIGTERM, _interrupt)
    runs = [(fault, each) for fault in _faults(names, short=short) for each in _clients(client)]
    console = Console(stderr=True)
    began = time.monotonic()
    outcomes = []
    with Progress(console, len(runs)) as progress:
        how = How(rides or (_SHORT_RIDES if short else _FULL_RIDES), seed, full=not short, keep_logs=keep_logs)
        suite = Suite(how, jobs, progress.say)
        for outcome in suite.run(runs):
            progress.ended(outcome)
            outcomes.append(outcome)
    order = [(fault.name, each) for fault, each in runs]
    outcomes.sort(key=lambda outcome: order.index((outcome.fault, outcome.client)))
    if write_docs:
        command = " ".join(["python -m tests.chaos", *sys.argv[1:]]).replace(" --write-docs", "")
        write_page(outcomes, command, time.monotonic() - began)
    if as_json:
        click.echo(json.dumps([outcome.as_json() for outcome in outcomes], indent=2))
    else:
        show_table(table_console(), outcomes)
    sys.exit(0 if all(outcome.good for outcome in outcomes) else 1)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _faults(names: tuple[str, ...], *, short: bool) -> list[Fault]:
    known = {fault.name: fault for fault in ALL_FAULTS}
    for name in names:
        if name not in known:
            raise click.UsageError(f"no fault is named {name}; see --list")
    if names:
        return [known[name] for name in dict.fromkeys(names)]
    return [fault for fault in ALL_FAULTS if fault.short or not short]


def _clients(wanted: str) -> list[str]:
    if wanted != "both":
        return [wanted]
    there = [name for name, module in _CLIENTS.items() if importlib.util.find_spec(module)]
    for name in _CLIENTS.keys() - set(there):
        click.echo(
            f"the client {name} is not there ({_CLIENTS[name]}), so that only {', '.join(there)} is tested", err=True
        )
    return there


if __name__ == "__main__":
    chaos()
