"""`ridescore`: the commands, and the one place that turns an error into a message and an exit code."""

import gc
import sys

import click

from cli.exit_codes import ExitCode, exit_code_of
from cli.lazy_commands import LazyCommands
from cli.output import show_error
from cli.streams import ReaderGone, prepare_streams
from scoring.errors import RidescoreError

_COMMANDS = LazyCommands(
    {
        "train": "cli.train:train",
        "evaluate": "cli.evaluate:evaluate",
        "download": "cli.download:download",
        "models": "cli.models:models",
        "serve": "cli.serve:serve",
        "predict": "cli.predict:predict",
        "batch": "cli.batch:batch",
        "flows": "cli.flows:flows",
        "loadtest": "cli.loadtest.command:loadtest",
        "worker": "cli.worker:worker",
        "topics": "cli.topics:topics",
        "publish": "cli.publish:publish",
        "tail": "cli.tail:tail",
        "lag": "cli.lag:lag",
        "dead-letters": "cli.dead_letters:dead_letters",
        "asyncapi": "cli.asyncapi:asyncapi",
        "settings": "cli.settings:settings",
        "demo": "cli.demo:demo",
    }
)


@click.group(commands=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
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


def run() -> None:
    """Run the command line of this process, and end it."""
    prepare_streams()
    code = exit_of(sys.argv[1:])
    gc.freeze()  # Python's end would search all that was imported for cycles, which takes a tenth of a second
    sys.exit(code)


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
    except ReaderGone:
        return ExitCode.OK
