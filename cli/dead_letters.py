"""`ridescore dead-letters`: rides that could not be scored, why, and how they get back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path

import click
import msgspec

from cli.broker import open_client, quiet_libraries
from cli.output import json_option, show_facts, show_json, show_json_line, show_table
from cli.whole_file import written_whole
from scoring.errors import SettingsError
from scoring.settings.settings import Settings, read_settings
from worker.clients.client import Client, Record
from worker.dead_letter import REASON_HEADER, Reason, header
from worker.predictions_feed import fed_dead_letter, records, whole_dead_letter

reason_option = click.option(
    "--reason", type=click.Choice([each.value for each in Reason]), help="Only those with this reason."
)


@click.group("dead-letters")
def dead_letters() -> None:
    """See rides that could not be scored, and why; export them, or send them back."""


@contextmanager
def _letters(settings: Settings, reason: str | None) -> Iterator[Iterator[Record]]:
    """All dead letters up to now, of one reason or of all."""
    quiet_libraries()
    reader = open_client(settings).reader(settings.worker.dead_letter_topic, from_beginning=True)
    try:
        found = records(reader, to_end=True)
        yield (each for each in found if reason in (None, header(each.headers, REASON_HEADER)))
    finally:
        reader.close()


@dead_letters.command("list")
@reason_option
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="The oldest N.")
@json_option
def list_(reason: str | None, limit: int, as_json: bool) -> None:
    """List dead letters, oldest first in each partition.

    \b
    Example: ridescore dead-letters list --reason invalid-ride
    """
    settings = read_settings()
    with _letters(settings, reason) as letters:
        found = [fed_dead_letter(each) for each in islice(letters, limit)]
    if as_json:
        for each in found:
            show_json_line(each)
        return
    show_table(
        f"Dead letters on {settings.worker.dead_letter_topic}: {len(found)}",
        ("dead letter", "ride", "reason", "what is wrong", "value"),
        ((each.place, each.source, each.reason, each.message, each.value) for each in found),
    )


@dead_letters.command()
@click.argument("place")
@json_option
def show(place: str, as_json: bool) -> None:
    """Show one dead letter whole, by its PLACE as `list` prints it.

    \b
    Example: ridescore dead-letters show rides.dead-letters-0-12
    """
    with _letters(read_settings(), None) as letters:
        found = next((each for each in letters if fed_dead_letter(each).place == place), None)
    if found is None:
        raise SettingsError(f"there is no dead letter {place}; `ridescore dead-letters list` prints their places")
    letter = whole_dead_letter(found)
    if as_json:
        show_json(letter)
        return
    facts = {name: str(value) for name, value in asdict(letter).items() if name not in ("headers", "base64")}
    facts |= {f"header {name}": str(value) for name, value in letter.headers}
    facts |= {"in base64": ", ".join(letter.base64)} if letter.base64 else {}
    show_facts(f"Dead letter {place}", facts)


@dead_letters.command()
@click.argument("file", type=click.Path(path_type=Path))
@reason_option
def export(file: Path, reason: str | None) -> None:
    """Write dead letters whole to FILE as JSON lines; - writes to standard output.

    \b
    Example: ridescore dead-letters export broken.jsonl --reason undecodable
    """
    with _letters(read_settings(), reason) as letters, written_whole(file) as out:
        count = 0
        for each in letters:
            out.write(msgspec.json.encode(whole_dead_letter(each)) + b"\n")
            count += 1
    click.echo(f"exported {count:,} dead letters to {file}", err=True)


@dead_letters.command()
@reason_option
@click.option("--dry-run", is_flag=True, help="Count only: send nothing.")
@json_option
def replay(reason: str | None, dry_run: bool, as_json: bool) -> None:
    """Send the original rides back to their topic, in transactions; each once, however often you run it.

    Mend what made them dead letters first: a ride that still cannot be scored becomes a dead letter again.

    \b
    Example: ridescore dead-letters replay --reason model-failed --dry-run
    """
    from worker.replay import look, replay_settings
    from worker.replay import replay as replay_reason

    settings = read_settings()
    mine = {each: replay_settings(settings.worker, each) for each in Reason}

    def client_of(each: Reason) -> Client:
        return open_client(replace(settings, worker=mine[each]))

    with _letters(settings, reason) as letters:
        waiting = look(letters, lambda each: client_of(each).group_offsets())
    told = []
    for each, found in waiting.items():
        done = replay_reason(client_of(each), mine[each], each, found, dry_run=dry_run)
        told.append({"reason": each.value, "sent": dict(done.sent), "left": done.left, "dry_run": dry_run})
        if not as_json:
            would = "would go" if dry_run else "went"
            back = ", ".join(f"{count:,} {would} back to {topic}" for topic, count in done.sent.items()) or "none"
            click.echo(f"{each.value}: {back}" + (f"; {done.left:,} cannot" if done.left else ""))
    if as_json:
        show_json(told)
    elif not told:
        click.echo("there are no dead letters to send back")
