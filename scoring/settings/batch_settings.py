"""How the file door divides its work and what it leaves beside its predictions."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from scoring.settings.group import SettingsGroup


class BatchSettings(SettingsGroup):
    """Settings `BATCH_*`."""

    model_config = SettingsConfigDict(env_prefix="BATCH_")

    processes: Annotated[int, Field(ge=0, le=256)] = 0
    """How many processes score files; 0 takes one for each core. Parts of one file are scored side by side."""

    part_rows: Annotated[int, Field(ge=1_000, le=1_000_000_000)] = 1_000_000
    """A file of predictions ends at the first row group of its input that brings it to so many rows."""

    metrics_file: str = ""
    """Where a run leaves its metrics in Prometheus' text format, such as for node exporter's textfile collector."""
