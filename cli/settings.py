"""`ridescore settings`: what is in force, and where each value is from."""

import click

from cli.output import json_option, show_json, show_table
from scoring.settings.settings import read_settings, settings_in_force


@click.command()
@json_option
def settings(as_json: bool) -> None:
    """Show every setting, its value and where it is from; secrets are masked.

    \b
    Example: WORKER_BATCH_RIDES=1000 ridescore settings
    """
    rows = settings_in_force(read_settings())
    if as_json:
        show_json(rows)
        return
    show_table(
        "Settings in force",
        ("name", "value", "from", "meaning"),
        ((row.name, row.value, row.source, row.meaning) for row in rows),
    )
