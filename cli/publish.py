"""`ridescore publish`: files of rides to ride events on a topic."""

import sys

import click

from cli.broker import open_client, quiet_libraries
from cli.columns import column_option, parse_columns
from cli.output import json_option, show_json
from cli.progress import progress
from scoring.errors import BrokerError, RideFileError
from scoring.settings.settings import read_settings


@click.command()
@click.argument("file")
@click.option(
    "--rate", type=click.FloatRange(min=0, min_open=True), help="Events a second.  [default: as fast as it goes]"
)
@click.option("--limit", type=click.IntRange(min=1), help="Publish the first N only.")
@click.option("--topic", help="To publish to.  [default: WORKER_INPUT_TOPIC]")
@column_option
@json_option
def publish(
    file: str, rate: float | None, limit: int | None, topic: str | None, columns: tuple[str, ...], as_json: bool
) -> None:
    """Publish rides of a parquet, CSV or JSON lines FILE as ride events, keyed by ride id; - reads JSON lines.

    Rows go out as the file has them: broken ones become dead letters.

    \b
    Examples:
      ridescore publish green_tripdata_2021-03.parquet --limit 1000 --rate 100
      echo '{"PULocationID": 43, "DOLocationID": 151, "trip_distance": 1.8}' | ridescore publish -
    """
    from itertools import islice

    from worker.publisher import publish as publish_events
    from worker.ride_events import events_of_file, events_of_lines, rows_of_file

    quiet_libraries()
    settings = read_settings()
    if file == "-":
        events, total = events_of_lines(sys.stdin.buffer, "stdin"), None
    else:
        events, total = events_of_file(file, parse_columns(columns)), rows_of_file(file)
    total = limit if total is None else min(total, limit or total)
    target = topic or settings.worker.input_topic
    client = open_client(settings)
    if target not in client.partition_counts([target]):
        raise BrokerError(f"there is no topic {target}; make it: ridescore topics create")
    writer = client.writer()
    count = 0
    try:
        with progress() as bar:
            task = bar.add_task(f"publishing to {target}", total=total)

            def told(published: int) -> None:
                nonlocal count
                count = published
                if published % 1_000 == 0:
                    bar.update(task, completed=published)

            publish_events(writer, target, islice(events, limit), rate, told)
            bar.update(task, completed=count, total=count)
    except (KeyboardInterrupt, RideFileError) as error:  # whoever goes on from here must know where that is
        writer.flush()
        what = "the interrupt" if isinstance(error, KeyboardInterrupt) else "what is wrong"
        click.echo(f"published {count:,} rides to {target} before {what}", err=True)
        raise
    finally:
        writer.close()
    if as_json:
        show_json({"topic": target, "published": count})
    else:
        click.echo(f"published {count:,} rides to {target}")
