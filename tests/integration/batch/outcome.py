"""What an output holds, seen as a reader sees it, and as its folder does."""

import hashlib
from pathlib import Path

import pyarrow.parquet as pq

from batch.reader import prediction_paths


def rows_seen(output: str) -> int:
    """Rows of all predictions that a reader would open now."""
    return sum(pq.read_table(path, columns=["predicted_duration"]).num_rows for path in prediction_paths(output))


def files_of(output: str) -> dict[str, str]:
    """Every file but the lock and manifests, which hold times: its digest by name."""
    root = Path(output)
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != ".lock" and path.parent.name != "manifests"
    }
