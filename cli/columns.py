"""The option ``--column ROLE=NAME``, shared by every command that reads files of rides."""

from collections.abc import Iterable

import click

from scoring.errors import SettingsError
from scoring.rides.dialect import Column


def parse_columns(pairs: Iterable[str]) -> dict[Column, str]:
    """Read ``ROLE=NAME`` pairs of ``--column``."""
    given = {}
    for pair in pairs:
        role, _, name = pair.partition("=")
        if role not in list(Column) or not name:
            raise SettingsError(f"--column {pair}: write it as ROLE=NAME, where ROLE is one of {', '.join(Column)}")
        given[Column(role)] = name
    return given


column_option = click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="ROLE=NAME",
    help="Your file's name for a column, such as pickup=started_at. May be repeated.",
)
