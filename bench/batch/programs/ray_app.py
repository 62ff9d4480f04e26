"""Ray Data: read_parquet, map_batches, write_parquet on two cores: `FILE sklearn|lookup INPUT MODEL OUTPUT`."""

import os
import secrets
import sys
import tempfile
import time

import ray
from peer_frames import COLUMNS, predictor, scored
from told import tell

_CORES = 2


def _score(rides, kind, model_path):
    return scored(rides, predictor(kind, model_path))


def main(kind: str, source: str, model_path: str, output: str) -> None:
    """Score the whole file by tasks; two actors would take both cores, and the reading would wait for ever."""
    begun = time.perf_counter()
    os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex()  # else Ray leaves one in the user's home
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        ray.init(
            num_cpus=_CORES,
            include_dashboard=False,
            log_to_driver=False,
            _node_ip_address="127.0.0.1",
            _temp_dir=folder,
        )
        ray.data.DataContext.get_current().enable_progress_bars = False
        rides = ray.data.read_parquet(source).select_columns(COLUMNS)
        result = rides.map_batches(
            _score, fn_args=(kind, model_path), batch_format="pandas", batch_size=65_536, zero_copy_batch=True
        )
        result.write_parquet(output, compression="zstd")
        seconds = time.perf_counter() - begun
        ray.shutdown()
    tell(seconds)


if __name__ == "__main__":
    main(*sys.argv[1:])
