"""The forest alone: its own `predict` on the ready matrix, in one thread: `FILE INPUT REGISTRY`.

Reading, loading the version and building the matrix (target encoding included) are not timed; nothing is written.
"""

import sys
import time

import pyarrow.parquet as pq
import skops.io
from told import tell

from scoring.features import feature_set
from scoring.models.estimator import ALLOWED_TYPES, ESTIMATOR_FILE
from scoring.registry.registry import Registry
from scoring.rides.columns import RideColumns


def main(source: str, registry: str) -> None:
    """Predict all rides of the file at once."""
    version = Registry(registry).load_active()
    pipeline = skops.io.loads(version.model.artefacts()[ESTIMATOR_FILE], trusted=sorted(ALLOWED_TYPES))
    rides = pq.read_table(source, columns=["PULocationID", "DOLocationID", "trip_distance"])
    columns = RideColumns(*(rides[name].to_numpy() for name in rides.column_names))
    matrix = pipeline[:-1].transform(feature_set(version.manifest.features).code_matrix(columns))
    forest = pipeline[-1]
    begun = time.perf_counter()
    forest.predict(matrix)
    tell(time.perf_counter() - begun)


if __name__ == "__main__":
    main(*sys.argv[1:])
