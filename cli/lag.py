"""`ridescore lag`: how far the worker's group is behind."""

import click

from cli.broker import open_client, quiet_libraries
from cli.output import json_option, show_json, show_table
from scoring.errors import BrokerError
from scoring.settings.settings import read_settings


@click.command()
@json_option
def lag(as_json: bool) -> None:
    """Show how many ride events the worker's group has still to score, by partition.

    \b
    Example: ridescore lag --json
    """
    quiet_libraries()
    settings = read_settings()
    topic, group = settings.worker.input_topic, settings.worker.group
    offsets = open_client(settings).group_offsets()
    if not offsets:
        raise BrokerError(f"there is no topic {topic}; make it: ridescore topics create")
    total = sum(each.lag for each in offsets.values())
    if as_json:
        partitions = [
            {"partition": part.number, "committed": each.committed, "end": each.end, "lag": each.lag}
            for part, each in offsets.items()
        ]
        show_json({"topic": topic, "group": group, "lag": total, "partitions": partitions})
        return
    show_table(
        f"{group} on {topic}: {total:,} behind",
        ("partition", "committed", "end", "lag"),
        (
            (
                str(part.number),
                "none" if each.committed is None else f"{each.committed:,}",
                f"{each.end:,}",
                f"{each.lag:,}",
            )
            for part, each in offsets.items()
        ),
        numbers=("partition", "committed", "end", "lag"),
    )
