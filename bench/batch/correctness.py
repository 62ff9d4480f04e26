"""Whether what a contestant wrote is right: every row there once, every duration the core's or within 1e-9 minutes."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.parquet as pq

from bench.batch.ride_files import MadeFile, columns_of, sums_of
from bench.batch.whole_run import Broken
from scoring.models.model import Model

TOLERANCE_MINUTES: Final = 1e-9
_COLUMNS: Final = ["PULocationID", "DOLocationID", "trip_distance", "predicted_duration"]


def check_output(paths: Iterable[str | Path], made: MadeFile, model: Model, *, exact: bool) -> None:
    """Compare what was written with the core's scores of the rides beside it.

    Args:
        paths: all files of one contestant's output, in any order.
        made: what it read.
        model: of the core.
        exact: bit for bit; else within :data:`TOLERANCE_MINUTES`.

    Raises:
        Broken: rides are missing, doubled or changed, or a duration is another.
    """
    rows, routes, miles = 0, 0, 0
    for path in paths:
        for batch in pq.ParquetFile(path).iter_batches(1 << 20, columns=_COLUMNS):
            rides = columns_of(batch)
            expected, _known = model.score_columns(rides)
            _compare(np.asarray(batch.column("predicted_duration")), expected, exact=exact, where=str(path))
            more = sums_of(rides)
            rows, routes, miles = rows + len(batch), routes + more[0], miles + more[1]
    if rows != made.rows:
        raise Broken(f"its output has {rows:,} rows of {made.rows:,}")
    if (routes, miles) != made.sums:
        raise Broken("its output has as many rows as its input, but not the same rides")


def largest_difference(model: Model, pickled: Any, months: Any) -> float:
    """Minutes by which the core and scikit-learn differ at most on the months.

    Args:
        model: of the core.
        pickled: (vectorizer, regressor), as notebooks leave it.
        months: a table of valid rides.
    """
    vectorizer, regressor = pickled
    rides = columns_of(months)
    features = [model.features.features_of(ride) for ride in rides.rides()]
    expected = regressor.predict(vectorizer.transform(features))
    return float(np.abs(model.score_columns(rides)[0] - expected).max())


def _compare(found: Any, expected: Any, *, exact: bool, where: str) -> None:
    wrong = found != expected if exact else ~(np.abs(found - expected) <= TOLERANCE_MINUTES)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise Broken(
            f"{int(wrong.sum()):,} durations in {where} are wrong, the first {found[row]!r} where the core says "
            f"{expected[row]!r}"
        )
