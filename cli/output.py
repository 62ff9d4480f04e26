"""How results are shown: rich tables for people, one JSON value for machines, errors on standard error.

rich is imported when a table is shown: what prints JSON does without.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
import msgspec

from scoring.errors import RidescoreError

if TYPE_CHECKING:
    from rich.console import Console

_PIPE_WIDTH = 160  # where there is no terminal to ask

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines instead of tables.")


def console() -> "Console":
    """Standard output, made when it is used: a test or a pipe may have replaced it."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)


def show_json(value: Any) -> None:
    """Print one value as indented JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def show_json_line(value: Any) -> None:
    """Print one value as a line of JSON, at once: somebody may be waiting at the other end of a pipe."""
    click.echo(msgspec.json.encode(value).decode())


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[str] = ()) -> None:
    """Print a table; columns named in ``numbers`` stand to the right."""
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold")
    right = set(numbers)
    for column in columns:
        is_last = column == columns[-1]
        table.add_column(column, justify="right" if column in right else "left", overflow="fold", no_wrap=not is_last)
    for row in rows:
        table.add_row(*row)
    console().print(table)


def show_facts(title: str, facts: Mapping[str, str]) -> None:
    """Print names and values, one pair a line."""
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, value in facts.items():
        table.add_row(name, value)
    console().print(table)


def show_error(error: RidescoreError) -> None:
    """Print what went wrong and what to do on standard error."""
    click.echo(f"error: {error}", err=True)
