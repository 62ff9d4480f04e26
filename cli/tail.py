"""`ridescore tail`: predictions as they come."""

import click

from cli.broker import open_client, quiet_libraries
from cli.output import json_option, show_json_line
from scoring.settings.settings import read_settings


@click.command()
@click.option("--from-beginning", is_flag=True, help="Start with the oldest prediction instead of the next.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after N predictions.")
@click.option("--no-follow", is_flag=True, help="Stop at the end instead of waiting for more.")
@json_option
def tail(from_beginning: bool, limit: int | None, no_follow: bool, as_json: bool) -> None:
    """Show committed predictions as they come.

    \b
    Example: ridescore tail --from-beginning --limit 10 --json
    """
    from worker.predictions_feed import fed_prediction, records

    quiet_libraries()
    settings = read_settings()
    reader = open_client(settings).reader(settings.worker.output_topic, from_beginning=from_beginning)
    shown = 0
    try:
        for record in records(reader, to_end=no_follow):
            fed = fed_prediction(record)
            if fed is None:
                click.echo(f"{record.topic}-{record.partition}-{record.offset} is no prediction", err=True)
                continue
            prediction = fed.prediction
            if as_json:
                show_json_line(prediction)
            else:
                unseen = "" if prediction.known_route else "  (route never seen in training)"
                click.echo(
                    f"{prediction.prediction_time}  {prediction.ride_id:<28} {prediction.duration:8.2f} min  "
                    f"{prediction.model_version}{unseen}"
                )
            shown += 1
            if shown == limit:
                return
    finally:
        reader.close()
