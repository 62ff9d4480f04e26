"""What is committed, as a Delta Lake table too: every run's predictions are in it once.

A manifest's id is the table's transaction for it, so that a rerun, or another process at the same time, adds nothing; a
run that committed but died before its append is made up for by the next. Never writes to the output.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from batch.manifest import Manifest
from batch.output import Output, open_output
from batch.reader import read_committed
from scoring.errors import OutputError, SettingsError, first_line

APPLICATION: Final = "ridescore-"
INPUT_DIGEST: Final = "input_sha256"
_VERSION: Final = 1  # of a transaction; a manifest never changes


def append_to_delta(location: str, table: str) -> list[str]:
    """Append the predictions of every manifest that the table does not have yet, oldest first, one transaction each.

    What ``--overwrite`` scored anew replaces the rows that the table has of the same input and model version.

    Args:
        location: the output's folder or URL.
        table: the Delta table's folder or URL; made where there is none.

    Returns:
        The ids of the manifests that were appended.

    Raises:
        SettingsError: the `delta` extra is not installed.
        OutputError: a manifest or a file of predictions is damaged, or the table cannot be written.
    """
    output = open_output(location)
    committed = read_committed(output)
    appended = []
    for manifest in committed.manifests:
        files = [each.scored for each in committed.files if each.manifest is manifest]
        if files and _append(msgspec.structs.replace(manifest, files=files), output, table):
            appended.append(manifest.run_id)
    return appended


def _append(manifest: Manifest, output: Output, table: str) -> bool:
    """Whether this appended it; False where the table has it. Its files are those that no later run replaced."""
    try:
        from deltalake import CommitProperties, Transaction, write_deltalake
        from deltalake.exceptions import CommitFailedError, DeltaError
    except ImportError:
        raise SettingsError(f"to write to the Delta table {table}, install ridescore[delta]") from None
    application = f"{APPLICATION}{manifest.run_id}"
    try:
        there = _opened(table)
        if _has(there, application):
            return False
        anew = any(file.generation > 1 for file in manifest.files)
        schema = _schema(manifest, output)
        try:
            # Over the table as it was looked at: a transaction of the same name since then makes this fail.
            write_deltalake(
                there or table,
                pa.RecordBatchReader.from_batches(schema, _batches(manifest, output, schema)),
                mode="overwrite" if anew else "append",
                predicate=_same_inputs(manifest) if anew else None,
                schema_mode="merge",
                commit_properties=CommitProperties(app_transactions=[Transaction(application, _VERSION)]),
            )
        except CommitFailedError:
            if not _has(_opened(table), application):
                raise
            return False
    except (DeltaError, pa.ArrowException, OSError) as error:
        raise OutputError(
            f"cannot append manifest {manifest.run_id} of {output.location} to the Delta table {table}: "
            f"{first_line(error)}; the predictions themselves are committed, and the next run appends them"
        ) from error
    return True


def _opened(table: str) -> Any:
    from deltalake import DeltaTable
    from deltalake.exceptions import TableNotFoundError

    try:
        return DeltaTable(table)
    except TableNotFoundError:
        return None


def _has(table: Any, application: str) -> bool:
    return table is not None and table.transaction_version(application) is not None


def _same_inputs(manifest: Manifest) -> str:
    digests = ", ".join(f"'{file.sha256}'" for file in manifest.files)
    return f"{INPUT_DIGEST} IN ({digests}) AND model_version = '{manifest.model_version}'"


def _schema(manifest: Manifest, output: Output) -> pa.Schema:
    """Every column that one file or another has, without the dictionaries that Delta does not know."""
    schemas = []
    for file in manifest.files:
        for part in file.predictions:
            with output.open(part.name) as opened:
                schemas.append(pq.read_schema(opened))
    plain = [pa.schema([(field.name, _plain(field.type)) for field in schema]) for schema in schemas]
    return pa.unify_schemas([*plain, pa.schema([(INPUT_DIGEST, pa.string())])])


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _batches(manifest: Manifest, output: Output, schema: pa.Schema) -> Iterator[Any]:
    for file in manifest.files:
        for part in file.predictions:
            with output.open(part.name) as opened, pq.ParquetFile(opened) as source:
                for batch in source.iter_batches():
                    yield _fitted(batch, schema, file.sha256)


def _fitted(batch: Any, schema: pa.Schema, digest: str) -> Any:
    rows, names = batch.num_rows, set(batch.schema.names)
    columns: Sequence[Any] = [
        pa.repeat(pa.scalar(digest, pa.string()), rows)
        if field.name == INPUT_DIGEST
        else batch.column(field.name).cast(field.type)
        if field.name in names
        else pa.nulls(rows, field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(list(columns), schema=schema)
