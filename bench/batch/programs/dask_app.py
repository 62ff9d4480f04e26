"""Dask: read_parquet, map_partitions, to_parquet in two processes: `FILE sklearn|lookup INPUT MODEL OUTPUT`."""

import sys
import time

import dask
import dask.dataframe as dd
from peer_frames import COLUMNS, predictor, scored
from told import tell

_CORES = 2


def _score(rides, kind, model_path):
    return scored(rides, predictor(kind, model_path))


def main(kind: str, source: str, model_path: str, output: str) -> None:
    """Score the whole file, a partition a row group."""
    begun = time.perf_counter()
    with dask.config.set(scheduler="processes", num_workers=_CORES):
        rides = dd.read_parquet(source, columns=COLUMNS, split_row_groups=True)
        result = rides.map_partitions(_score, kind, model_path)
        result.to_parquet(output, compression="zstd", write_index=False)
    tell(time.perf_counter() - begun)


if __name__ == "__main__":
    main(*sys.argv[1:])
