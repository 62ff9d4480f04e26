"""The ceiling: bare pyarrow reads the door's columns and writes its output's, scoring nothing.

Run as `FILE own|defaults INPUT READY OUTPUT`: it writes with the door's own options, or with pyarrow's defaults and
zstd. READY is an Arrow file whose rows repeat in the input: what a door must compute (ride ids, durations) is taken
from there, ready-made, by slices without a copy. Nothing is checked, digested, counted or synced.
"""

import sys
import time

import pyarrow as pa
import pyarrow.parquet as pq
from told import tell

from batch.part_writer import ROW_GROUP_ROWS, writer_options
from scoring.rides.files import BATCH_ROWS

_READ = {
    "pickup_datetime": "lpep_pickup_datetime",
    "PULocationID": "PULocationID",
    "DOLocationID": "DOLocationID",
    "trip_distance": "trip_distance",
}
_READ_ONLY = "lpep_dropoff_datetime"


def main(kind: str, source: str, ready_made: str, output: str) -> None:
    """Read and write the whole file."""
    begun = time.perf_counter()
    ready = pa.ipc.open_file(pa.memory_map(ready_made)).read_all().combine_chunks().to_batches()[0]
    options = writer_options(ready.schema) if kind == "own" else {"compression": "zstd"}
    waiting: list[pa.RecordBatch] = []
    row = rows_waiting = 0
    columns = [*_READ.values(), _READ_ONLY]
    with pq.ParquetWriter(output, ready.schema, **options) as writer:
        for batch in pq.ParquetFile(source).iter_batches(BATCH_ROWS, columns=columns, use_threads=False):
            taken = 0
            while taken < len(batch):
                place = row % len(ready)
                rows = min(len(batch) - taken, len(ready) - place, ROW_GROUP_ROWS - rows_waiting)
                waiting.append(_joined(batch.slice(taken, rows), ready.slice(place, rows)))
                row, taken, rows_waiting = row + rows, taken + rows, rows_waiting + rows
                if rows_waiting == ROW_GROUP_ROWS:
                    writer.write_table(pa.Table.from_batches(waiting), row_group_size=ROW_GROUP_ROWS)
                    waiting, rows_waiting = [], 0
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting), row_group_size=ROW_GROUP_ROWS)
    tell(time.perf_counter() - begun)


def _joined(read: pa.RecordBatch, ready: pa.RecordBatch) -> pa.RecordBatch:
    arrays = [read.column(_READ[name]) if name in _READ else ready.column(name) for name in ready.schema.names]
    return pa.RecordBatch.from_arrays(arrays, schema=ready.schema)


if __name__ == "__main__":
    main(*sys.argv[1:])
