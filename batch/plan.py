"""What there is to score: inputs by content, divided into parts; what a manifest has already is left out.

A plan is plain: it goes to any process or machine. The same inputs, model version and division make the same plan.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import msgspec

from batch.head_start import Stamped, stamped
from batch.inputs import expand, files_of, is_there, stamp
from batch.manifest import FORMAT
from batch.output import STAGING, open_output
from batch.reader import Committed, read_committed
from scoring.errors import RideFileError
from scoring.rides.dialect import Column
from scoring.rides.file_bytes import digest_and_size
from scoring.rides.files import open_ride_file
from scoring.settings.batch_settings import BatchSettings

PREDICTIONS: Final = "predictions"
QUARANTINE: Final = "quarantine"
NEEDED: Final = (Column.PULocationID, Column.DOLocationID, Column.TRIP_DISTANCE)


class PlannedPart(msgspec.Struct, frozen=True):
    """A piece of a file that is scored as one, wherever: whole row groups; a CSV file is one part.

    Attributes:
        number: from 0.
        row_groups: the first and the one past the last; None for the whole of a CSV file.
        rows: None where only reading tells.
    """

    number: int
    row_groups: tuple[int, int] | None
    rows: int | None


class PlannedFile(msgspec.Struct, frozen=True, kw_only=True):
    """An input that is to be scored.

    Attributes:
        source: path or URL.
        stem: its name without folder and ending; names the rides that have no id.
        sha256: of its bytes when it was planned.
        size_bytes: likewise.
        stamp: tells whether it was written since; see :func:`batch.inputs.stamp`.
        dialect: the name of its dialect.
        columns: its name for each column that is read.
        given: those of them that the user named.
        rows: None where only reading tells.
        generation: which scoring of this content by this version it is, from 1.
        key: names its staging folder; differs with everything that its predictions depend on.
    """

    source: str
    stem: str
    sha256: str
    size_bytes: int
    stamp: str
    dialect: str
    columns: dict[str, str]
    given: dict[str, str]
    rows: int | None
    parts: tuple[PlannedPart, ...]
    generation: int
    key: str

    @property
    def staging(self) -> str:
        """The folder of its staged files and their records."""
        return f"{STAGING}/{self.key}"


class AlreadyScored(msgspec.Struct, frozen=True):
    """An input that a manifest has, or that another input of the plan has the content of."""

    source: str
    sha256: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A run.

    Attributes:
        output: folder or URL.
        model_version: which must score it.
        run_id: names its manifest; 16 hexadecimal digits.
        files: what is to be scored, in the order of the inputs.
        already: what is not.
        sources: all inputs in their order.
    """

    output: str
    model_version: str
    run_id: str
    files: tuple[PlannedFile, ...]
    already: tuple[AlreadyScored, ...]
    sources: tuple[str, ...]


def plan(
    inputs: Sequence[str],
    output: str,
    model_version: str,
    settings: BatchSettings,
    *,
    columns: Mapping[Column, str] | None = None,
    overwrite: bool = False,
    stamp_of: Callable[[str], Stamped] = stamped,
) -> Plan:
    """See what there is to score; reads every input once, for its digest.

    Args:
        inputs: files, folders, globs; local or fsspec URLs.
        output: folder or URL; need not exist.
        model_version: of the model that will score.
        settings: how files are divided.
        columns: the files' names for columns, where their dialect is their own.
        overwrite: score again what a manifest has already.
        stamp_of: gives what :func:`batch.head_start.stamped` does.

    Raises:
        RideFileError: an input is missing, damaged, or lacks a column.
        OutputError: a manifest cannot be read.
    """
    sources = expand(inputs)
    given = {column.value: name for column, name in (columns or {}).items()}
    committed = read_committed(open_output(output))
    threads = ThreadPoolExecutor(2)  # a digest is taken outside of Python's lock
    try:
        stamps = list(threads.map(stamp_of, sources))
    finally:
        threads.shutdown(wait=False, cancel_futures=True)  # an interruption waits for none
    files: list[PlannedFile] = []
    already: list[AlreadyScored] = []
    met: set[str] = set()
    for source, (sha256, size_bytes, mark) in zip(sources, stamps, strict=True):
        before = committed.file(sha256, model_version)
        if sha256 in met or (before is not None and not overwrite):
            already.append(AlreadyScored(source, sha256))
            continue
        met.add(sha256)
        generation = before.scored.generation + 1 if before else 1
        files.append(_planned(source, sha256, size_bytes, mark, given, generation, model_version, settings))
    return Plan(
        output=output,
        model_version=model_version,
        run_id=_short_digest([FORMAT, model_version, sorted(file.key for file in files)]),
        files=tuple(files),
        already=tuple(already),
        sources=tuple(sources),
    )


def new_inputs(folder: str, output: str, model_version: str) -> list[str]:
    """The files of a folder (or glob) that no manifest of the output has scored by this version, by name.

    None where the folder is empty, nothing matches, or nothing has made the folder yet.

    Raises:
        RideFileError: the folder cannot be listed.
        OutputError: a manifest cannot be read.
    """
    sources = files_of(folder)
    if sources == [folder] and not is_there(folder):
        return []
    committed = read_committed(open_output(output))
    return [source for source in sources if not _is_scored(source, committed, model_version)]


def _is_scored(source: str, committed: Committed, model_version: str) -> bool:
    try:
        size_bytes, _mark = stamp(source)
        if not committed.has_size(size_bytes, model_version):
            return False
        return committed.file(digest_and_size(source)[0], model_version) is not None
    except RideFileError:
        return False  # told when it is opened: it holds no other up


def _planned(
    source: str,
    sha256: str,
    size_bytes: int,
    mark: str,
    given: dict[str, str],
    generation: int,
    model_version: str,
    settings: BatchSettings,
) -> PlannedFile:
    with open_ride_file(source, NEEDED, {Column(column): name for column, name in given.items()}) as file:
        names = {column.value: name for column, name in file.dialect.names.items()}
        parts = _divided(file.row_group_rows, settings.part_rows) if file.rows is not None else _ONE_PART
        key = [FORMAT, model_version, file.stem, sha256, names, settings.part_rows, generation]
        return PlannedFile(
            source=source,
            stem=file.stem,
            sha256=sha256,
            size_bytes=size_bytes,
            stamp=mark,
            dialect=file.dialect.name,
            columns=names,
            given=given,
            rows=file.rows,
            parts=parts,
            generation=generation,
            key=_short_digest(key),
        )


_ONE_PART: Final = (PlannedPart(0, None, None),)


def _divided(row_group_rows: Sequence[int], part_rows: int) -> tuple[PlannedPart, ...]:
    """Whole row groups, until they make a part; one part without rows for a file without row groups."""
    parts: list[PlannedPart] = []
    first = rows = 0
    for group, group_rows in enumerate(row_group_rows):
        rows += group_rows
        if rows >= part_rows or group == len(row_group_rows) - 1:
            parts.append(PlannedPart(len(parts), (first, group + 1), rows))
            first, rows = group + 1, 0
    return tuple(parts) or (PlannedPart(0, (0, 0), 0),)


def _short_digest(parts: object) -> str:
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()[:16]
