"""From a batch of records to what its transaction writes: a prediction or a dead letter for each, never neither.

Pure: no clock but the scorer's, no broker. Predictions keep key, timestamp and partition, and copy the headers.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from typing import TypeVar

from scoring.errors import RidescoreError
from scoring.prediction import Prediction, encode_predictions
from scoring.rides.decoder import decode_rides
from scoring.rides.ride import SUSPECT_DISTANCE_MILES, Ride
from scoring.scorer import Scorer
from worker.batch import Batch
from worker.clients.client import Outgoing, Place, Record
from worker.dead_letter import (
    SOURCE_HEADER,
    VERSION_HEADER,
    Reason,
    Tombstone,
    TooLarge,
    UnreadableRecord,
    copied_headers,
    dead_letter,
    reason_of,
)

T = TypeVar("T")
_new_outgoing = partial(tuple.__new__, Outgoing)  # half the time of a named tuple's own constructor


@dataclass(frozen=True, slots=True)
class ScoredBatch:
    """What a batch's transaction writes.

    Attributes:
        outgoing: one record for each of the batch's, in its order.
        predictions: those that were made.
        reasons: how many dead letters, by reason.
        suspect: how many rides were scored though they drive farther than any taxi does.
    """

    outgoing: list[Outgoing]
    predictions: list[Prediction]
    reasons: Counter[Reason]
    suspect: int


def score_batch(
    batch: Batch, scorer: Scorer, output_topic: str, dead_letter_topic: str, too_large: Collection[int] = ()
) -> ScoredBatch:
    """Score a batch.

    Args:
        batch: what was read.
        scorer: the version that scores all of it.
        output_topic: where predictions go.
        dead_letter_topic: where the others go.
        too_large: places of records whose prediction no broker took.
    """
    records = batch.records
    origins = _origins(records)
    rides, failures = _decoded(records, too_large, batch.faults)
    answers = scorer.score_rides(rides, _others(origins, failures))
    predictions = [answer for answer in answers if isinstance(answer, Prediction)]
    if len(predictions) < len(answers):
        scored = zip(_others(range(len(records)), failures), answers, strict=True)
        failures |= {place: answer for place, answer in scored if not isinstance(answer, Prediction)}
    named = _others(origins, failures)
    outgoing = _predicted(_others(records, failures), predictions, named, output_topic, scorer.model_version)
    if failures:
        written = iter(outgoing)
        outgoing = [
            dead_letter(record, failures[place], dead_letter_topic) if place in failures else next(written)
            for place, record in enumerate(records)
        ]
    suspect = sum([ride.trip_distance > SUSPECT_DISTANCE_MILES for ride in rides])
    return ScoredBatch(outgoing, predictions, Counter(map(reason_of, failures.values())), suspect)


def _origins(records: Sequence[Record]) -> list[str]:
    """Where each record is from, as ``rides-3-1042``; they come in runs of one partition."""
    origins = []
    topic, partition, prefix = "", -1, ""
    for record in records:
        if record.partition != partition or record.topic != topic:
            topic, partition = record.topic, record.partition
            prefix = f"{topic}-{partition}-"
        origins.append(f"{prefix}{record.offset}")
    return origins


def _decoded(
    records: Sequence[Record], too_large: Collection[int], faults: Mapping[Place, str]
) -> tuple[list[Ride], dict[int, RidescoreError]]:
    """The rides in their order, and by place why a record has none."""
    failures: dict[int, RidescoreError] = {}
    for place, record in enumerate(records) if faults else ():
        if fault := faults.get(Place(record.topic, record.partition, record.offset)):
            failures[place] = UnreadableRecord(fault)
    values = []
    for place, value in enumerate([record.value for record in records]):
        if place in failures:
            continue
        if too_large and place in too_large:
            failures[place] = TooLarge("the prediction with its copied headers")
        elif value is None:
            failures[place] = Tombstone("the record has no value, so there is no ride to score")
        else:
            values.append(value)
    rides, refused = decode_rides(values)
    if refused:
        places = _others(range(len(records)), failures)
        failures |= {places[number]: error for number, error in refused.items()}
    return rides, failures


def _others(items: Sequence[T], places: Collection[int]) -> Sequence[T]:
    """Those that are not at these places."""
    return [item for place, item in enumerate(items) if place not in places] if places else items


def _predicted(
    records: Sequence[Record],
    predictions: Sequence[Prediction],
    origins: Sequence[str],
    topic: str,
    model_version: str,
) -> list[Outgoing]:
    """Each record's prediction as it is written; column by column, as that takes two thirds of the time a ride."""
    version = (VERSION_HEADER, model_version.encode())
    headers = [[(SOURCE_HEADER, source), version] for source in map(str.encode, origins)]
    for place, theirs in enumerate([record.headers for record in records]):
        if theirs:
            headers[place][:0] = copied_headers(theirs)
    rows = zip(
        repeat(topic, len(records)),
        [record.partition for record in records],
        [record.key for record in records],
        encode_predictions(predictions),
        headers,
        [time if (time := record.timestamp) >= 0 else None for record in records],
        strict=True,
    )
    return list(map(_new_outgoing, rows))
