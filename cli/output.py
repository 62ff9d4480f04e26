"""How results are shown: rich tables for people, one JSON value for machines, errors on standard error."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from scoring.errors import RidescoreError

_PIPE_WIDTH = 160  # where there is no terminal to ask

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines instead of tables.")


def console() -> Console:
    """Standard output, made when it is used: a test or a pipe may have replaced it."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)


def show_json(value: Any) -> None:
    """Print one value as indented JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def show_json_line(value: Any) -> None:
    """Print one value as a line of JSON, at once: somebody may be waiting at the other end of a pipe."""
    click.echo(msgspec.json.encode(value).decode())


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[str] = ()) -> None:
    """Print a table; columns named in ``numbers`` stand to the right."""
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
    table = Table(title=title, title_justify="left", title_style="bold", show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, value in facts.items():
        table.add_row(name, value)
    console().print(table)


def show_error(error: RidescoreError) -> None:
    """Print what went wrong and what to do on standard error."""
    click.echo(f"error: {error}", err=True)


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        """Events a second so far."""
        return Text(f"{task.finished_speed or task.speed or 0:,.0f}/s")


def progress() -> Progress:
    """A bar on standard error with count, rate and time left; nothing where that is no terminal."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
