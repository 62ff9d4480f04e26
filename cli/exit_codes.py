"""What each exit code of `ridescore` means; docs/operations.md says what to do about each."""

from enum import IntEnum

from scoring import errors


class ExitCode(IntEnum):
    """Exit codes, the same for every command."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    MODEL = 3
    RIDES = 4
    BROKER = 5
    FENCED = 6
    DOWNLOAD = 7
    SERVER = 8
    OUTPUT = 9
    STUCK = 70
    INTERRUPTED = 130


def exit_code_of(error: errors.RidescoreError) -> ExitCode:
    """The code that an error ends the command with."""
    match error:
        case errors.SettingsError():
            return ExitCode.USAGE
        case errors.ModelError():
            return ExitCode.MODEL
        case errors.RideError() | errors.RideFileError() | errors.DeadLetterLimitExceeded():
            return ExitCode.RIDES
        case errors.Fenced():
            return ExitCode.FENCED
        case errors.BrokerError():
            return ExitCode.BROKER
        case errors.OutputError():
            return ExitCode.OUTPUT
        case errors.DownloadError():
            return ExitCode.DOWNLOAD
        case errors.ClientError() | errors.FlowServerUnavailable():
            return ExitCode.SERVER
        case _:
            return ExitCode.UNEXPECTED
