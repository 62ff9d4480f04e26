"""What every benchmark's command shares: progress on standard error, an end by SIGTERM, and where findings go."""

import datetime
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, Final, NoReturn

import click
import msgspec

_OUTPUTS: Final = ("--json", "--write-docs")


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options ``--json FILE`` (as `json_file`) and ``--write-docs``."""
    for option in (
        click.option("--write-docs", is_flag=True, help="Write docs/performance.md and its plot."),
        click.option(
            "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write all findings there."
        ),
    ):
        command = option(command)
    return command


def say(line: str) -> None:
    """Tell the user how far it is; the tables alone go to standard output."""
    click.echo(line, err=True)


def end_on_sigterm() -> None:
    """SIGTERM ends as Ctrl-C does: what was started is ended first."""
    signal.signal(signal.SIGTERM, _interrupt)


def command_line(module: str, json_file: Path | None) -> str:
    """The command as a reader would repeat it, without where its output went."""
    words = (each for each in sys.argv[1:] if each != str(json_file) and each not in _OUTPUTS)
    return " ".join([f"python -m {module}", *words])


def today() -> str:
    """The day, in UTC."""
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def write_out(findings: object, json_file: Path | None, write_page: Callable[[], list[Path]] | None) -> None:
    """Write the findings to where they were asked for."""
    if json_file:
        json_file.write_bytes(msgspec.json.format(msgspec.json.encode(findings), indent=2) + b"\n")
    for path in write_page() if write_page else ():
        say(f"wrote {path}")


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
