"""The manifest of a run: all that it committed, with the digests and counts that its files must have.

Its presence is the commit. Read strictly: a field that this release does not know is refused rather than ignored.
"""

from typing import Final

import msgspec

from scoring.errors import OutputError
from scoring.registry.manifest import Metrics

FORMAT: Final = 1
MANIFESTS: Final = "manifests"


class OutputFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of predictions or of quarantined rows.

    Attributes:
        name: relative to the output, with ``/`` between the parts.
    """

    name: str
    rows: int
    size_bytes: int
    sha256: str


class ScoredFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What became of one input; rows_in = rows_out + rows_quarantined.

    Attributes:
        source: the input's path or URL when it was scored.
        stem: its name without folder and ending.
        sha256: of its bytes; with the model's version it is what makes an input scored already.
        generation: 1, and one more each time that ``--overwrite`` scored it anew; the highest one counts.
        dialect: ``green``, ``yellow``, ``for-hire`` or ``plain``.
        columns: the input's name for each column that was read.
        rejected: quarantined rows by the field at fault; ``model`` where the model failed on a valid ride.
        unknown_routes: rows whose location the model had not seen.
        suspect_rides: rows of more than 100 miles.
        predictions: in the order of the input's rows.
        quarantine: only of parts that have such rows.
        evaluation: of all rows with an actual duration; None where there is none.
        evaluation_usual: of those of 1 to 60 minutes, which is what models are trained and measured on.
    """

    source: str
    stem: str
    sha256: str
    size_bytes: int
    generation: int
    dialect: str
    columns: dict[str, str]
    rows_in: int
    rows_out: int
    rows_quarantined: int
    rejected: dict[str, int]
    unknown_routes: int
    suspect_rides: int
    seconds: float
    predictions: list[OutputFile]
    quarantine: list[OutputFile]
    evaluation: Metrics | None
    evaluation_usual: Metrics | None


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one run committed, all at once.

    Attributes:
        format: of this file; 1.
        run_id: made of the inputs' digests, the model's version and how the work was divided: a rerun has the same.
        created: RFC 3339, UTC.
        evaluation, evaluation_usual: as of a file, over all files of the run.
    """

    format: int
    run_id: str
    model_version: str
    created: str
    files: list[ScoredFile]
    evaluation: Metrics | None
    evaluation_usual: Metrics | None


class _Format(msgspec.Struct):
    format: int


def manifest_name(run_id: str) -> str:
    """Of a run's manifest, relative to the output."""
    return f"{MANIFESTS}/{run_id}.json"


def encode_manifest(manifest: Manifest) -> bytes:
    """Encode as indented JSON: people read it too."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def decode_manifest(content: bytes, where: str) -> Manifest:
    """Read what :func:`encode_manifest` wrote.

    Raises:
        OutputError: it is damaged, or of a later format.
    """
    try:
        found = msgspec.json.decode(content, type=_Format).format
        if found > FORMAT:
            raise OutputError(f"{where} is of format {found}, this release reads up to {FORMAT}: upgrade ridescore")
        return msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise OutputError(
            f"{where} is damaged ({error}); restore it, or delete it and score its inputs again"
        ) from error
