"""`ridescore download`: a month of the TLC's public trip records."""

from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from cli.output import json_option, show_json


@click.command()
@click.argument("kind")
@click.argument("month")
@click.option("--to", "folder", type=click.Path(path_type=Path), default=Path(), help="Folder.  [default: this one]")
@click.option("--from", "base_url", metavar="URL", help="Another address that has the TLC's files.")
@click.option("--sha256", help="That the file must have.")
@click.option("--force", is_flag=True, help="Fetch it though it is there.")
@json_option
def download(
    kind: str, month: str, folder: Path, base_url: str | None, sha256: str | None, force: bool, as_json: bool
) -> None:
    """Fetch a MONTH (YYYY-MM) of trips of a KIND: green, yellow, fhv or fhvhv.

    Run it again after an interruption: it goes on where it stopped.

    \b
    Example: ridescore download green 2021-01
    """
    from training.download import TLC_TRIP_RECORDS, download_month

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as bar:
        task = bar.add_task(f"{kind} {month}", total=None)
        found = download_month(
            kind,
            month,
            folder,
            base_url=base_url or TLC_TRIP_RECORDS,
            sha256=sha256,
            force=force,
            on_bytes=lambda done, total: bar.update(task, completed=done, total=total),
        )
        bar.update(task, completed=found.size_bytes, total=found.size_bytes)
    if as_json:
        show_json({"path": str(found.path), "size_bytes": found.size_bytes, "sha256": found.sha256})
        return
    how = "was there already" if found.already_there else f"fetched, {found.size_bytes:,} bytes"
    click.echo(f"{found.path}: {how}, sha256 {found.sha256}")
