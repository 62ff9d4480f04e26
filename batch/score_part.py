"""One part of a file, read, judged, scored and written in bounded memory."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from batch.evaluation import ErrorSums
from batch.output import Output
from batch.part import PartRecord, prediction_name, quarantine_name, staged_name
from batch.part_writer import PartWriter, part_writer
from batch.plan import PlannedFile, PlannedPart
from batch.predictions import prediction_batch, prediction_schema
from scoring.buckets import MINUTES, count_between
from scoring.errors import RideFileError
from scoring.rides.columns import FloatArray
from scoring.rides.dialect import Column
from scoring.rides.files import RowBatch, open_ride_file
from scoring.rides.judged import judge
from scoring.rides.ride import LONGEST_MINUTES, SHORTEST_MINUTES, SUSPECT_DISTANCE_MILES
from scoring.scorer import ScoredColumns, Scorer

Progress = Callable[[int], None]
_BOUNDS = np.array([*MINUTES, np.inf])


@dataclass(slots=True)
class _Tally:
    rows_in: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    unknown_routes: int = 0
    suspect_rides: int = 0
    errors: ErrorSums = field(default_factory=ErrorSums)
    usual_errors: ErrorSums = field(default_factory=ErrorSums)
    minutes_counts: FloatArray = field(default_factory=lambda: np.zeros(len(_BOUNDS), np.int64))
    minutes_sum: float = 0.0


def score_part(output: Output, file: PlannedFile, part: PlannedPart, scorer: Scorer, progress: Progress) -> PartRecord:
    """Score a part into its staged files.

    Raises:
        RideFileError: the input is damaged, or is another than was planned.
        OutputError: the staged files cannot be written.
    """
    begun = time.monotonic()
    tally = _Tally()
    version = scorer.model_version
    name, rejects_name = prediction_name(file, part.number, version), quarantine_name(file, part.number, version)
    schema = prediction_schema(has_dropoff=Column.DROPOFF in file.columns)
    given = {Column(column): own for column, own in file.given.items()}
    rejects: PartWriter | None = None
    with ExitStack() as opened:
        ride_file = opened.enter_context(open_ride_file(file.source, given=given))
        writer = opened.enter_context(part_writer(output, staged_name(file, name), schema))
        for batch in ride_file.batches(range(*part.row_groups) if part.row_groups else None):
            table = _score_batch(batch, file.stem, scorer, writer, tally)
            if table is not None:
                if rejects is None:
                    from batch.refusals import QUARANTINE_SCHEMA

                    staged = staged_name(file, rejects_name)
                    rejects = opened.enter_context(part_writer(output, staged, QUARANTINE_SCHEMA))
                rejects.write(table)
            progress(len(batch))
        if part.rows is not None and tally.rows_in != part.rows:
            raise RideFileError(
                f"{file.source} gave {tally.rows_in:,} rows where its footer promised {part.rows:,}; fetch it again"
            )
        predictions = writer.finish(name)
        quarantine = rejects.finish(rejects_name) if rejects else None
    return PartRecord(
        number=part.number,
        rows_in=tally.rows_in,
        rows_out=predictions.rows,
        rows_quarantined=quarantine.rows if quarantine else 0,
        rejected=dict(sorted(tally.rejected.items())),
        unknown_routes=tally.unknown_routes,
        suspect_rides=tally.suspect_rides,
        seconds=time.monotonic() - begun,
        predictions=predictions,
        quarantine=quarantine,
        errors=tally.errors,
        usual_errors=tally.usual_errors,
        minutes_counts=tally.minutes_counts.tolist(),
        minutes_sum=tally.minutes_sum,
    )


def _score_batch(batch: RowBatch, stem: str, scorer: Scorer, writer: PartWriter, tally: _Tally) -> Any | None:
    """Score and write some rows; a table of those that were not scored, None where all were."""
    tally.rows_in += len(batch)
    judged = judge({column.value: batch.columns[column] for column in _JUDGED if column in batch.columns})
    all_sound = not judged.broken
    rides = judged.columns if all_sound else judged.columns[judged.sound]
    scored, failures = scorer.score_columns_apart(rides)
    some_failed = bool(scored.failed.any())
    kept = None if all_sound else judged.sound
    if some_failed:
        answered = ~scored.failed
        kept = judged.sound.copy()
        kept[np.flatnonzero(judged.sound)[scored.failed]] = False
        rides = rides[answered]
        scored = ScoredColumns(
            scored.durations_minutes[answered], scored.known_routes[answered], scored.failed[answered]
        )
    rows, actual = prediction_batch(batch, stem, rides, scored, kept, scorer.model_version)
    writer.write(rows)
    _count(tally, rides.distances_miles, scored, actual)
    if kept is None:
        return None
    from batch.refusals import quarantined  # rare enough that what it imports waits until then

    places = np.flatnonzero(judged.sound)
    failed = np.flatnonzero(judged.sound & ~kept)
    table = quarantined(batch, judged.broken, failed, {int(places[at]): error for at, error in failures.items()})
    for value in table.column("field").value_counts().to_pylist():
        tally.rejected[value["values"]] += value["counts"]
    return table


_JUDGED = (Column.PULocationID, Column.DOLocationID, Column.TRIP_DISTANCE, Column.RIDE_ID)


def _count(tally: _Tally, miles: FloatArray, scored: ScoredColumns, actual: FloatArray | None) -> None:
    minutes = scored.durations_minutes
    tally.unknown_routes += len(minutes) - int(np.count_nonzero(scored.known_routes))
    tally.suspect_rides += int(np.count_nonzero(miles > SUSPECT_DISTANCE_MILES))
    tally.minutes_counts += count_between(_BOUNDS, minutes)
    tally.minutes_sum += float(minutes.sum())
    if actual is None:
        return
    over = minutes - actual
    known = ~np.isnan(actual)
    tally.errors += ErrorSums.of(over if known.all() else over[known])
    tally.usual_errors += ErrorSums.of(over[(actual >= SHORTEST_MINUTES) & (actual <= LONGEST_MINUTES)])
