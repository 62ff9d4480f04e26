"""Whether all that is committed is there as it was written: digests, sizes and counts, recomputed from the bytes."""

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from batch.manifest import OutputFile
from batch.output import Output
from batch.reader import CommittedFile, read_committed
from batch.stage import digest_of
from scoring.errors import OutputError


class Verified(msgspec.Struct, frozen=True):
    """One committed file, or the sums of one input.

    Attributes:
        name: of the file, relative to the output; of the input for its sums.
        manifest_id: of the manifest that holds it.
        problem: what is wrong; None where it is sound.
    """

    name: str
    manifest_id: str
    rows: int
    problem: str | None


def verify(output: Output) -> list[Verified]:
    """Look at every committed file that counts.

    Args:
        output: where.

    Raises:
        OutputError: a manifest is damaged.
    """
    found = []
    for each in read_committed(output).files:
        found += [
            Verified(file.name, each.manifest.run_id, file.rows, _problem(output, file))
            for file in (*each.scored.predictions, *each.scored.quarantine)
        ]
        sums = _sums_problem(each)
        if sums:
            found.append(Verified(each.scored.source, each.manifest.run_id, each.scored.rows_in, sums))
    return found


def _problem(output: Output, file: OutputFile) -> str | None:
    try:
        size_bytes = output.size_bytes(file.name)
        if size_bytes is None:
            return "is missing"
        if size_bytes != file.size_bytes:
            return f"has {size_bytes:,} bytes, its manifest says {file.size_bytes:,}"
        sha256 = digest_of(output, file.name)
        if sha256 != file.sha256:
            return f"has changed: its sha256 begins {sha256[:12]}, its manifest says {file.sha256[:12]}"
        with output.open(file.name) as opened:
            rows = pq.read_metadata(opened).num_rows
    except (OutputError, pa.ArrowException, OSError) as error:
        return f"cannot be read: {error}"
    return None if rows == file.rows else f"has {rows:,} rows, its manifest says {file.rows:,}"


def _sums_problem(each: CommittedFile) -> str | None:
    scored = each.scored
    rows_out, rows_quarantined = (sum(file.rows for file in files) for files in (scored.predictions, scored.quarantine))
    agree = (rows_out, rows_quarantined) == (scored.rows_out, scored.rows_quarantined)
    if agree and scored.rows_in == rows_out + rows_quarantined:
        return None
    return f"{scored.rows_in:,} rows in, but {rows_out:,} in predictions and {rows_quarantined:,} in quarantine"
