"""The commit: staged files are verified, get their names, and then the manifest appears, which makes them count.

Before the manifest readers see nothing of the run, after it all. Whoever is killed here, a rerun goes on from where it
was: every step may be done twice.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from batch.evaluation import ErrorSums
from batch.manifest import (
    FORMAT,
    Manifest,
    OutputFile,
    ScoredFile,
    decode_manifest,
    encode_manifest,
    manifest_name,
)
from batch.output import Output, open_output
from batch.part import PartRecord, StagedFile, staged_name
from batch.plan import Plan, PlannedFile
from batch.stage import check_unchanged, digest_of, where_is
from scoring.errors import OutputError
from scoring.prediction import rfc3339

log = logging.getLogger(__name__)

STEPS: Final = ("staged", "verified", "synced", "renaming", "renamed", "committed", "cleaned")
"""What :func:`commit` tells that it has reached, in order; ``renaming`` before each file that gets its name."""

Reached = Callable[[str], None]


def commit(plan: Plan, staged: Sequence[StagedFile], reached: Reached = lambda _step: None) -> Manifest:
    """Make all files of a run count at once.

    Args:
        plan: what was to be scored.
        staged: what :func:`batch.stage.stage` gave for each of the plan's files.
        reached: told of each of :data:`STEPS`, for progress and for tests.

    Raises:
        RideFileError: an input has changed since it was planned.
        OutputError: a staged file is missing or not as it was written, or the output cannot be written.
            Nothing was committed then.
        ValueError: the plan has no files.
    """
    if not plan.files:
        raise ValueError("the plan has nothing to score, so there is nothing to commit")
    output = open_output(plan.output)
    done = output.read(manifest_name(plan.run_id))
    if done is not None:  # another attempt was faster
        manifest = decode_manifest(done, output.path_of(manifest_name(plan.run_id)))
        _clean(output, plan, reached)
        return manifest
    reached("staged")
    pairs = _paired(plan, staged)
    for file, _parts in pairs:
        check_unchanged(file)
    _verify(output, pairs)
    reached("verified")
    _name(output, pairs, reached)
    for file, _parts in pairs:
        check_unchanged(file)
    manifest = _manifest(plan, pairs)
    output.replace(manifest_name(plan.run_id), encode_manifest(manifest))
    reached("committed")
    log.info(
        "run committed",
        extra={
            "run_id": plan.run_id,
            "model_version": plan.model_version,
            "files": len(manifest.files),
            "rides": sum(file.rows_out for file in manifest.files),
            "quarantined": sum(file.rows_quarantined for file in manifest.files),
        },
    )
    _clean(output, plan, reached)
    return manifest


_Pairs = Sequence[tuple[PlannedFile, tuple[PartRecord, ...]]]


def _paired(plan: Plan, staged: Sequence[StagedFile]) -> _Pairs:
    by_key = {each.key: each.parts for each in staged}
    for file in plan.files:
        numbers = [part.number for part in by_key.get(file.key, ())]
        if numbers != [part.number for part in file.parts]:
            raise OutputError(
                f"{file.source} is not staged whole: parts {numbers} of {len(file.parts)}; stage it again"
            )
    return [(file, by_key[file.key]) for file in plan.files]


def _verify(output: Output, pairs: _Pairs) -> None:
    """Counts by each file's own footer and by its input's, digests by its bytes."""
    for file, parts in pairs:
        rows_in = sum(part.rows_in for part in parts)
        if file.rows is not None and rows_in != file.rows:
            raise OutputError(f"{file.source} has {file.rows:,} rows, but {rows_in:,} were scored; run it again")
        for part in parts:
            if part.rows_in != part.rows_out + part.rows_quarantined:
                raise OutputError(
                    f"{file.source}: {part.rows_in:,} rows in are not {part.rows_out:,} rows out and "
                    f"{part.rows_quarantined:,} quarantined; report this"
                )
    with ThreadPoolExecutor(2) as threads:  # digests are taken outside of Python's lock
        list(threads.map(lambda each: _verify_file(output, *each), _files(pairs)))


def _verify_file(output: Output, file: PlannedFile, each: OutputFile) -> None:
    name = where_is(output, file, each)
    if name is None:
        raise OutputError(f"the staged file {output.path_of(staged_name(file, each.name))} is missing; run it again")
    try:
        with output.open(name) as opened:
            rows = pq.read_metadata(opened).num_rows
    except (pa.ArrowException, OSError) as error:
        raise _damaged(output, name) from error
    if rows != each.rows or digest_of(output, name) != each.sha256:
        raise _damaged(output, name)


def _damaged(output: Output, name: str) -> OutputError:
    return OutputError(
        f"{output.path_of(name)} is not as it was written; the disk or another program changed it. Nothing was "
        "committed: run it again, it is scored anew"
    )


def _name(output: Output, pairs: _Pairs, reached: Reached) -> None:
    files = _files(pairs)
    with ThreadPoolExecutor(4) as threads:  # the disk takes several at a time
        list(threads.map(lambda each: output.sync(where_is(output, *each) or ""), files))
    reached("synced")
    for file, each in files:
        reached("renaming")
        if where_is(output, file, each) != each.name:
            output.move(staged_name(file, each.name), each.name)
    for folder in sorted({each.name.rsplit("/", 1)[0] for _file, each in files}):
        output.sync(folder)
    reached("renamed")


def _files(pairs: _Pairs) -> list[tuple[PlannedFile, OutputFile]]:
    return [(file, each) for file, parts in pairs for part in parts for each in part.files]


def _clean(output: Output, plan: Plan, reached: Reached) -> None:
    for file in plan.files:
        output.remove(file.staging)
    reached("cleaned")


def _manifest(plan: Plan, pairs: _Pairs) -> Manifest:
    everything = [part for _file, parts in pairs for part in parts]
    return Manifest(
        format=FORMAT,
        run_id=plan.run_id,
        model_version=plan.model_version,
        created=rfc3339(datetime.now(UTC)),
        files=[_scored(file, parts) for file, parts in pairs],
        evaluation=sum((part.errors for part in everything), ErrorSums()).metrics(),
        evaluation_usual=sum((part.usual_errors for part in everything), ErrorSums()).metrics(),
    )


def _scored(file: PlannedFile, parts: Sequence[PartRecord]) -> ScoredFile:
    rejected: Counter[str] = Counter()
    for part in parts:
        rejected.update(part.rejected)
    return ScoredFile(
        source=file.source,
        stem=file.stem,
        sha256=file.sha256,
        size_bytes=file.size_bytes,
        generation=file.generation,
        dialect=file.dialect,
        columns=file.columns,
        rows_in=sum(part.rows_in for part in parts),
        rows_out=sum(part.rows_out for part in parts),
        rows_quarantined=sum(part.rows_quarantined for part in parts),
        rejected=dict(sorted(rejected.items())),
        unknown_routes=sum(part.unknown_routes for part in parts),
        suspect_rides=sum(part.suspect_rides for part in parts),
        seconds=sum(part.seconds for part in parts),
        predictions=[part.predictions for part in parts],
        quarantine=[part.quarantine for part in parts if part.quarantine is not None],
        evaluation=sum((part.errors for part in parts), ErrorSums()).metrics(),
        evaluation_usual=sum((part.usual_errors for part in parts), ErrorSums()).metrics(),
    )
