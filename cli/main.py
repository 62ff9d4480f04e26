"""`ridescore`: the commands, and the one place that turns an error into a message and an exit code."""

import os
import sys

import click

from cli.asyncapi import asyncapi
from cli.batch import batch
from cli.dead_letters import dead_letters
from cli.demo import demo
from cli.download import download
from cli.evaluate import evaluate
from cli.exit_codes import ExitCode, exit_code_of
from cli.flows import flows
from cli.lag import lag
from cli.loadtest.command import loadtest
from cli.models import models
from cli.output import show_error
from cli.predict import predict
from cli.publish import publish
from cli.serve import serve
from cli.settings import settings
from cli.tail import tail
from cli.topics import topics
from cli.train import train
from cli.worker import worker
from scoring.errors import RidescoreError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="ridescore")
def ridescore() -> None:
    """Taxi ride durations, scored by one model through three doors.

    \b
    Start with real rides and a real Kafka:
      ridescore demo
    Or step by step:
      ridescore download green 2021-01
      ridescore train --data green_tripdata_2021-01.parquet --activate
      ridescore predict --pu 43 --do 151 --distance 1.8
      ridescore batch score green_tripdata_2021-*.parquet --output predictions
      ridescore serve
      ridescore topics create
      ridescore worker
      ridescore publish green_tripdata_2021-01.parquet --limit 1000
      ridescore tail --from-beginning --limit 10
    """


for command in (
    train,
    evaluate,
    download,
    models,
    serve,
    predict,
    batch,
    flows,
    loadtest,
    worker,
    topics,
    publish,
    tail,
    lag,
    dead_letters,
    asyncapi,
    settings,
    demo,
):
    ridescore.add_command(command)


def run() -> None:
    """Run the command line of this process, and end it."""
    sys.exit(exit_of(sys.argv[1:]))


def exit_of(arguments: list[str]) -> int:
    """Run one command line; the exit code."""
    try:
        ended = ridescore.main(arguments, prog_name="ridescore", standalone_mode=False)
        return ended if isinstance(ended, int) else ExitCode.OK  # click returns the code of its own Exit
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except RidescoreError as error:
        show_error(error)
        return exit_code_of(error)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:  # the reader of our output has gone: `ridescore tail | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
