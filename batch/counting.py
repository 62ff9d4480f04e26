"""A run's metrics, counted when it is committed and never before; where asked for, left in a file for a collector."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from batch.part import PartRecord
from scoring.errors import OutputError

if TYPE_CHECKING:
    from scoring.metrics import Metrics

_DOOR = "file"


def count(metrics: "Metrics", parts: Iterable[PartRecord]) -> None:
    """Count parts, whichever process scored them."""
    from scoring.metrics import add_counts

    for part in parts:
        metrics.rides.labels(_DOOR, "scored").inc(part.rows_out)
        metrics.rides.labels(_DOOR, "quarantined").inc(part.rows_quarantined)
        metrics.score_seconds.labels(_DOOR).observe(part.seconds)
        metrics.batch_rides.labels(_DOOR).observe(part.rows_in)
        metrics.unknown_routes.labels(_DOOR).inc(part.unknown_routes)
        metrics.suspect_rides.labels("distance").inc(part.suspect_rides)
        add_counts(metrics.predicted_minutes.labels(_DOOR), part.minutes_counts, part.minutes_sum)


def new_metrics() -> "Metrics":
    """Metrics of a run's own; imports their library, which a run that nobody counts does without."""
    from prometheus_client import CollectorRegistry

    from scoring.metrics import Metrics

    return Metrics(CollectorRegistry())


def write_metrics(metrics: "Metrics", path: str) -> None:
    """Write in Prometheus' text format, whole or not at all.

    Raises:
        OutputError: the file cannot be written; the run is committed all the same.
    """
    from prometheus_client import write_to_textfile

    try:
        write_to_textfile(path, metrics.registry)
    except OSError as error:
        raise OutputError(
            f"the run is committed, but its metrics cannot be written to BATCH_METRICS_FILE={path}: {error.strerror}"
        ) from error
