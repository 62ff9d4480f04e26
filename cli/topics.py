"""`ridescore topics`: makes the topics that the worker needs."""

import click

from cli.broker import open_client, quiet_libraries
from cli.output import json_option, show_json
from scoring.settings.settings import read_settings


@click.group()
def topics() -> None:
    """Make the topics of rides, predictions and dead letters."""


@topics.command()
@click.option("--partitions", type=click.IntRange(1, 10_000), default=3, show_default=True, help="Of each topic.")
@click.option(
    "--replication", type=click.IntRange(1, 100), default=1, show_default=True, help="Copies; 3 in production."
)
@json_option
def create(partitions: int, replication: int, as_json: bool) -> None:
    """Make the topics that are missing; those that exist stay as they are.

    \b
    Example: ridescore topics create --partitions 6 --replication 3
    """
    from worker.topics import create_topics

    quiet_libraries()
    settings = read_settings()
    made = create_topics(open_client(settings), settings.worker, partitions, replication)
    if as_json:
        show_json(made)
        return
    for topic, new in made.items():
        click.echo(f"{topic}: {f'made with {partitions} partitions' if new else 'exists'}")
