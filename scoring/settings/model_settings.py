"""Which model scores, and where from."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from scoring.settings.group import SettingsGroup


class ModelSettings(SettingsGroup):
    """Settings `MODEL_*`, the same at every door."""

    model_config = SettingsConfigDict(env_prefix="MODEL_")

    path: str = ""
    """A model to score with, in place of the registry's: a pickle as notebooks leave it, a version's folder, or a
    registry. Wins over `MODEL_REGISTRY`."""

    registry: str = "models"
    """The registry: a directory, or an fsspec URL such as `s3://bucket/models`."""

    poll_seconds: Annotated[float, Field(ge=0.1, le=3600)] = 5.0
    """How often, in seconds at most, a process looks for a new model; Redis only makes it sooner."""
