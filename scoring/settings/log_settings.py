"""How much is logged."""

from typing import Annotated, Literal

from pydantic import BeforeValidator

from scoring.settings.group import SettingsGroup


class LogSettings(SettingsGroup):
    """Settings `LOG_*`."""

    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(lambda text: str(text).upper())
    ] = "INFO"
    """The least level that is logged: `DEBUG`, `INFO`, `WARNING` or `ERROR`."""
