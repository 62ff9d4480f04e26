"""How every flow begins: its settings are read anew, its process is noted, and late runs of its kind collapse to it."""

from flows.interrupted import mark_this_process
from flows.late_runs import collapse_late_runs
from scoring.settings.settings import Settings, read_settings


def begin() -> Settings:
    """The settings of this run.

    Raises:
        SettingsError: a setting is wrong.
    """
    settings = read_settings()
    mark_this_process()
    collapse_late_runs()
    return settings
