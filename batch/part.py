"""A part that is staged: its files' names, and the record that lets a later run take it over unscored."""

import msgspec

from batch.evaluation import ErrorSums
from batch.manifest import OutputFile
from batch.plan import PREDICTIONS, QUARANTINE, PlannedFile


class PartRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What became of a part; its files' names are those that they will have when committed.

    Attributes:
        errors, usual_errors: as of a file, in sums.
        minutes_counts: predicted durations by the buckets of their metric.
        minutes_sum: of predicted durations.
    """

    number: int
    rows_in: int
    rows_out: int
    rows_quarantined: int
    rejected: dict[str, int]
    unknown_routes: int
    suspect_rides: int
    seconds: float
    predictions: OutputFile
    quarantine: OutputFile | None
    errors: ErrorSums
    usual_errors: ErrorSums
    minutes_counts: list[int]
    minutes_sum: float

    @property
    def files(self) -> list[OutputFile]:
        """Its one or two files."""
        return [self.predictions] if self.quarantine is None else [self.predictions, self.quarantine]


class StagedFile(msgspec.Struct, frozen=True):
    """A file all of whose parts are staged, in order."""

    key: str
    parts: tuple[PartRecord, ...]


def prediction_name(file: PlannedFile, number: int, model_version: str) -> str:
    """``predictions/<stem>-<digest>-<version>-<part>.parquet``, with the generation where it is not the first."""
    return f"{PREDICTIONS}/{_base(file, number, model_version)}.parquet"


def quarantine_name(file: PlannedFile, number: int, model_version: str) -> str:
    """The same in ``quarantine/``, ending on ``-quarantine.parquet``."""
    return f"{QUARANTINE}/{_base(file, number, model_version)}-quarantine.parquet"


def staged_name(file: PlannedFile, name: str) -> str:
    """Where a file waits for the commit that gives it its name."""
    return f"{file.staging}/{name.rsplit('/', 1)[-1]}"


def record_name(file: PlannedFile, number: int) -> str:
    """Of a part's record."""
    return f"{file.staging}/{number:05}.json"


def _base(file: PlannedFile, number: int, model_version: str) -> str:
    again = f"-again{file.generation - 1}" if file.generation > 1 else ""
    return f"{file.stem}-{file.sha256[:12]}-{model_version}{again}-{number:05}"
