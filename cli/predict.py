"""`ridescore predict`: the duration of a ride, or of each ride of a file, by the model here or by a server."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import click
from pydantic import SecretStr

from cli.columns import column_option, parse_columns
from cli.exit_codes import ExitCode
from cli.output import json_option, show_json, show_json_line
from cli.progress import progress
from scoring.settings.model_settings import ModelSettings
from scoring.settings.settings import read_settings

if TYPE_CHECKING:
    from api.client import Client
    from cli.ride_answers import Refusal, ScoreRides
    from scoring.prediction import Prediction
    from scoring.rides.ride import Ride

_SHOW_EVERY: Final = 1_000
_NAME: Final = "command-line"


@click.command()
@click.argument("file", required=False)
@click.option("--pu", "pickup", type=int, metavar="ZONE", help="TLC zone of the pick-up, 1 to 265.")
@click.option("--do", "dropoff", type=int, metavar="ZONE", help="TLC zone of the drop-off, 1 to 265.")
@click.option("--distance", "miles", type=float, metavar="MILES", help="Of the trip.")
@click.option("--url", help="Ask this server, such as http://localhost:9696, in place of the model here.")
@click.option(
    "--timeout",
    "seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=30.0,
    show_default=True,
    help="How long to go on trying a server that does not answer.",
)
@column_option
@json_option
def predict(
    file: str | None,
    pickup: int | None,
    dropoff: int | None,
    miles: float | None,
    url: str | None,
    seconds: float,
    columns: tuple[str, ...],
    as_json: bool,
) -> None:
    """Predict the duration of one ride, or of every ride of a parquet, CSV or JSON lines FILE; - reads JSON lines.

    The model is MODEL_PATH's or the registry's active one, or a server's (--url; API_TOKEN is sent where it is set).
    A ride of a file that cannot be scored is shown with what is wrong, and the command then exits with 4.

    \b
    Examples:
      ridescore predict --pu 43 --do 151 --distance 1.8
      ridescore predict green_tripdata_2021-02.parquet --json > predictions.jsonl
      ridescore predict rides.jsonl --url http://localhost:9696
    """
    one = (pickup, dropoff, miles)
    if file is None and None in one:
        raise click.UsageError("give a FILE, or one ride: --pu ZONE --do ZONE --distance MILES")
    if file is not None and one != (None, None, None):
        raise click.UsageError("give a FILE or one ride, not both")
    settings = read_settings()
    source = settings.model if url is None else Server(url, seconds, settings.api.token)
    if file is not None:
        _predict_file(file, columns, as_json, source)
        return
    prediction = _predict_one(_ride(*one), source)
    if as_json:
        show_json(prediction)
    else:
        click.echo(f"{prediction.duration:.2f} minutes by {prediction.model_version}{_unseen(prediction)}")


def _ride(pickup: int | None, dropoff: int | None, miles: float | None) -> "Ride":
    from scoring.rides.ride import Ride, valid_miles, valid_zone

    return Ride(
        valid_zone("PULocationID", pickup), valid_zone("DOLocationID", dropoff), valid_miles("trip_distance", miles)
    )


@dataclass(frozen=True, slots=True)
class Server:
    """A server to ask, for how long to go on trying, and its token."""

    url: str
    seconds: float
    token: SecretStr | None

    def client(self) -> "Client":
        """Calls to it.

        Raises:
            BadParameter: the URL is none.
        """
        from api.client import Client

        token = self.token.get_secret_value() if self.token else ""
        try:
            return Client(self.url, token=token, timeout_seconds=self.seconds, total_seconds=self.seconds)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--url") from None


def _predict_one(ride: "Ride", source: Server | ModelSettings) -> "Prediction":
    if isinstance(source, Server):
        with source.client() as client:
            return client.predict(ride)
    from scoring.model_source import load_scorer

    return load_scorer(source).score(ride, _NAME)


def _predict_file(file: str, columns: tuple[str, ...], as_json: bool, source: Server | ModelSettings) -> None:
    from cli.ride_answers import Refusal, answers
    from worker.ride_events import events_of_file, events_of_lines, rows_of_file

    if file == "-":
        events, total = events_of_lines(sys.stdin.buffer, "stdin"), None
    else:
        events, total = events_of_file(file, parse_columns(columns)), rows_of_file(file)
    scored = refused = 0
    with _scoring(source) as score, progress() as bar:
        task = bar.add_task("predicting", total=total)
        for answer in answers(events, score):
            if isinstance(answer, Refusal):
                refused += 1
            else:
                scored += 1
            if as_json:
                show_json_line(answer)
            else:
                click.echo(_line(answer))
            if (scored + refused) % _SHOW_EVERY == 0:
                bar.update(task, completed=scored + refused)
        bar.update(task, completed=scored + refused, total=scored + refused)
    click.echo(f"{scored:,} predicted, {refused:,} refused", err=True)
    if refused:
        raise click.exceptions.Exit(ExitCode.RIDES)


@contextmanager
def _scoring(source: Server | ModelSettings) -> Iterator["ScoreRides"]:
    from cli.ride_answers import by_model, by_server

    if isinstance(source, Server):
        with source.client() as client:
            yield by_server(client)
    else:
        from scoring.model_source import load_scorer

        yield by_model(load_scorer(source))


def _line(answer: "Prediction | Refusal") -> str:
    """A row of the table, made as it comes: a file may be long."""
    from cli.ride_answers import Refusal

    if isinstance(answer, Refusal):
        return f"{answer.ride_id:<28}        -      {answer.error}"
    return f"{answer.ride_id:<28} {answer.duration:8.2f} min  {answer.model_version}{_unseen(answer)}"


def _unseen(prediction: "Prediction") -> str:
    return "" if prediction.known_route else "  (route never seen in training)"
