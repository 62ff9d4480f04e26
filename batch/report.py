"""What a run tells: per file and over all, for people, machines and flows."""

from typing import Literal

import msgspec

from scoring.registry.manifest import Metrics

Status = Literal["scored", "already-scored"]


class FileReport(msgspec.Struct, frozen=True, kw_only=True):
    """One input of a run.

    Attributes:
        source: as it was given.
        status: ``already-scored`` where a manifest had its content and the model's version before.
        seconds: of work on it, over all processes; 0 where there was none to do.
        predictions: paths or URLs of its predictions, in the order of its rows.
        quarantine: likewise of its quarantined rows.
        evaluation: over all rows with an actual duration; None where there is none.
        evaluation_usual: over those of 1 to 60 minutes.
        manifest_id: of the manifest that holds it.
    """

    source: str
    status: Status
    rows_in: int
    rows_out: int
    rows_quarantined: int
    unknown_routes: int
    suspect_rides: int
    seconds: float
    rows_per_second: float
    predictions: list[str]
    quarantine: list[str]
    evaluation: Metrics | None
    evaluation_usual: Metrics | None
    model_version: str
    manifest_id: str

    @property
    def files(self) -> list[str]:
        """All of its files."""
        return [*self.predictions, *self.quarantine]


class RunReport(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run.

    Attributes:
        output: the folder or URL.
        manifest_id: of the manifest that it wrote; None where everything was scored already.
        files: one report an input, in the order of the inputs.
        rows_in, rows_out, rows_quarantined: over the files that this run scored.
        seconds: from its begin to its end.
        evaluation, evaluation_usual: over the files that this run scored.
    """

    output: str
    model_version: str
    manifest_id: str | None
    files: list[FileReport]
    rows_in: int
    rows_out: int
    rows_quarantined: int
    seconds: float
    rows_per_second: float
    evaluation: Metrics | None
    evaluation_usual: Metrics | None
