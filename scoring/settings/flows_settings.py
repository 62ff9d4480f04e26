"""Where flows look for rides, when they do, and on what they run."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import SettingsConfigDict

from scoring.settings.group import SettingsGroup


def _time_zone(name: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone; write one such as America/New_York") from None
    return name


class FlowsSettings(SettingsGroup):
    """Settings `FLOWS_*`."""

    model_config = SettingsConfigDict(env_prefix="FLOWS_")

    landing: str = "landing"
    """Where files of rides arrive: a folder or an fsspec URL; months to train on are looked for there, too."""

    output: str = "predictions"
    """Where flows commit predictions: a folder or an fsspec URL."""

    landing_cron: str = "0 * * * *"
    """When what is new in the landing folder is scored, as a cron schedule; empty for never."""

    training_cron: str = "0 4 5 * *"
    """When a version is trained and compared, as a cron schedule; empty for never."""

    time_zone: Annotated[str, AfterValidator(_time_zone)] = "UTC"
    """In which time zone schedules are meant."""

    dask_address: str = ""
    """A Dask scheduler whose workers score the files, such as `tcp://10.0.0.5:8786`; `local` starts a cluster on this
    machine. Workers must see the same paths or URLs. Default: this machine alone, on `BATCH_PROCESSES`."""

    delta_table: str = ""
    """A Delta Lake table that every run's predictions are appended to, once; a folder or a URL. Default: none."""

    retries: Annotated[int, Field(ge=0, le=20)] = 3
    """How often a task is tried again after what may pass, such as storage that does not answer."""

    retry_seconds: Annotated[float, Field(ge=0, le=3600)] = 10.0
    """How long to wait before the first retry; each further one waits twice as long, an hour at most."""
