"""A file's parts to staged predictions, in any process or machine that sees the input and the output.

A finished part leaves a record beside it. Who comes later, after a kill or on a retry, takes it over if its bytes are
as recorded; what was half done is not there, as files appear whole. Nothing here is seen by readers.
"""

import hashlib
import logging

import msgspec

from batch.inputs import stamp
from batch.manifest import OutputFile
from batch.output import Output, open_output
from batch.part import PartRecord, StagedFile, record_name, staged_name
from batch.plan import Plan, PlannedFile, PlannedPart
from batch.score_part import Progress, score_part
from scoring.errors import ModelIncompatible, OutputError, RideFileError
from scoring.scorer import Scorer

log = logging.getLogger(__name__)


def stage(plan: Plan, file: PlannedFile, scorer: Scorer, progress: Progress = lambda _rows: None) -> StagedFile:
    """Score those parts of a file that are not staged yet; calling it again, here or elsewhere, adds nothing.

    Args:
        plan: as :func:`batch.plan.plan` made it.
        file: one of the plan's.
        scorer: of the plan's model version.
        progress: told of rows as they are scored or taken over.

    Raises:
        ModelIncompatible: the scorer is of another version than the plan.
        RideFileError: the input is damaged or has changed.
        OutputError: the output cannot be written.
    """
    return StagedFile(file.key, tuple(stage_part(plan, file, part, scorer, progress) for part in file.parts))


def stage_part(
    plan: Plan, file: PlannedFile, part: PlannedPart, scorer: Scorer, progress: Progress = lambda _rows: None
) -> PartRecord:
    """The same for one part."""
    if scorer.model_version != plan.model_version:
        raise ModelIncompatible(
            f"the run was planned for model version {plan.model_version}, but {scorer.model_version} came to score it; "
            "plan it anew"
        )
    output = open_output(plan.output)
    record = staged_record(output, file, part)
    if record is not None:
        progress(record.rows_in)
        return record
    try:
        record = score_part(output, file, part, scorer, progress)
    except RideFileError as error:
        check_unchanged(file)  # which is what is wrong where it is so
        raise error from None
    output.write(record_name(file, part.number), msgspec.json.encode(record))
    return record


def staged_record(output: Output, file: PlannedFile, part: PlannedPart) -> PartRecord | None:
    """What an earlier attempt left of a part, if its files are there and as it recorded them."""
    content = output.read(record_name(file, part.number))
    if content is None:
        return None
    try:
        record = msgspec.json.decode(content, type=PartRecord)
    except (msgspec.DecodeError, UnicodeDecodeError):
        record = None
    if record is None or not all(_is_whole(output, file, each) for each in record.files):
        log.warning("a staged part is damaged and is scored again", extra={"file": file.source, "part": part.number})
        return None
    return record


def check_unchanged(file: PlannedFile) -> None:
    """An input must be what was planned.

    Raises:
        RideFileError: it has been written since; nothing of the run is committed.
    """
    if stamp(file.source) != (file.size_bytes, file.stamp):
        raise RideFileError(
            f"{file.source} has changed since this run began; nothing of the run was committed: "
            "run it again when the file is complete"
        )


def where_is(output: Output, file: PlannedFile, each: OutputFile) -> str | None:
    """The name that a file of a staged part has now: its own where a commit has moved it; None where it is missing."""
    for name in (staged_name(file, each.name), each.name):
        if output.size_bytes(name) == each.size_bytes:
            return name
    return None


def digest_of(output: Output, name: str) -> str:
    """The sha256 of a file of the output.

    Raises:
        OutputError: it cannot be read.
    """
    try:
        with output.open(name) as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise OutputError(f"cannot read {output.path_of(name)}: {error.strerror or error}") from error


def _is_whole(output: Output, file: PlannedFile, each: OutputFile) -> bool:
    name = where_is(output, file, each)
    return name is not None and digest_of(output, name) == each.sha256
