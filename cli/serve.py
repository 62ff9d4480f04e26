"""`ridescore serve`: the HTTP door; SIGTERM or Ctrl-C drains it, a second Ctrl-C ends it at once."""

from dataclasses import replace

import click

from scoring.settings.settings import read_settings


@click.command()
@click.option("--host", help="Where to listen, in place of HOST; 0.0.0.0 takes calls from other machines.")
@click.option("--port", type=click.IntRange(0, 65535), help="In place of PORT; 0 takes any free one, which is logged.")
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes that answer.")
def serve(host: str | None, port: int | None, workers: int) -> None:
    """Answer rides over HTTP: POST /predict, POST /predict/batch, GET /health.

    Logs JSON lines on standard error. SIGTERM or Ctrl-C: finishes what is in flight and exits with 0.

    \b
    Example:
      MODEL_REGISTRY=models ridescore serve --port 9696 --workers 2
    """
    from api.server import serve as run
    from scoring.logs import configure_logs

    settings = read_settings()
    given = {"host": host, "port": port}
    changed = {name: value for name, value in given.items() if value is not None}
    configure_logs(settings.log.log_level)
    raise click.exceptions.Exit(run(replace(settings, api=settings.api.model_copy(update=changed)), workers))
