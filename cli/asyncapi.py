"""`ridescore asyncapi`: the topics, for machines."""

import click

from cli.output import show_json
from scoring.settings.settings import read_settings


@click.command()
def asyncapi() -> None:
    """Print an AsyncAPI 3 document of the topics, made from the types that decode and encode them.

    \b
    Example: ridescore asyncapi > asyncapi.json
    """
    from worker.asyncapi import asyncapi_document

    show_json(asyncapi_document(read_settings()))
