"""A batch as an Arrow IPC stream: straight to columns and back, with the scores of the core bit for bit.

The bytes come from strangers: compressed buffers (a bomb) are refused unread, columns of other names are not read, and
what is read is validated in full before it is used.
"""

import struct
import time
from dataclasses import dataclass
from functools import cache, lru_cache
from time import perf_counter
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from api.arrow_messages import check_messages
from api.body import MOST_RIDES, check_count
from api.door import Door
from api.problem import FieldError, Problem, malformed, model_problem
from scoring.errors import ModelError, ModelFailed
from scoring.rides.arrow_arrays import arrow_of, arrow_of_bools
from scoring.rides.columns import BoolArray, FloatArray, RideColumns
from scoring.rides.judged import RULES, JudgedRides, fault_of, judge
from scoring.rides.numbered_names import numbered_names
from scoring.rides.ride import SUSPECT_DISTANCE_MILES
from scoring.scorer import ScoredColumns

_ZONE_COLUMNS: Final = ("PULocationID", "DOLocationID")
_REQUIRED: Final = (*_ZONE_COLUMNS, "trip_distance")
_ONE_THREAD: Final = pa.ipc.IpcReadOptions(use_threads=False)
_MOMENT: Final = pa.timestamp("us", "UTC")
_END: Final = b"\xff\xff\xff\xff\0\0\0\0"  # of a stream: a message of no length
SCHEMA: Final = pa.schema(
    [
        ("ride_id", pa.string()),
        ("duration", pa.float64()),
        ("model_version", pa.dictionary(pa.int8(), pa.string())),
        ("prediction_time", _MOMENT),
        ("known_route", pa.bool_()),
        ("error", pa.string()),
    ]
)


def answer_arrow(door: Door, body: bytes, request_id: str) -> bytes:
    """Score the rides of a stream.

    Args:
        door: gives the scorer in force, and counts.
        body: an Arrow IPC stream with the columns of a ride; a null `ride_id` is as none.
        request_id: names rides that have no id, each as `request-id_index`.

    Returns:
        A stream of :data:`SCHEMA`; `error` is null where a ride was scored, else the field and what is wrong with it,
        and then duration and known_route are null.

    Raises:
        Problem: the stream cannot be read (400), holds too many rides (413), or there is no model (503).
    """
    begun = perf_counter()
    try:
        scorer = door.scorers.current()
    except ModelError as error:
        raise model_problem(error) from None
    rides = _Rides.read(body)
    columns = rides.columns[rides.sound] if rides.judged.broken else rides.columns
    scored, failures = scorer.score_columns_apart(columns)
    durations, known = minutes, known_of_minutes = scored.durations_minutes, scored.known_routes
    wrong = errors = None
    if rides.judged.broken or scored.failed.any():
        durations, known, errors = _spread(rides, scored, failures)
        wrong = np.isnan(durations)
        minutes, known_of_minutes = minutes[~scored.failed], known_of_minutes[~scored.failed]
    n = len(rides.sound)
    batch = pa.RecordBatch.from_arrays(
        [
            rides.names(request_id),
            arrow_of(durations) if wrong is None else pa.array(durations, mask=wrong),
            _versions(scorer.model_version)[:n],
            _now(n),
            arrow_of_bools(known) if wrong is None else pa.array(known, mask=wrong),
            _no_errors()[:n] if errors is None else pa.array(errors, pa.string()),
        ],
        schema=SCHEMA,
    )
    door.recorder.scored_many(
        perf_counter() - begun,
        minutes,
        len(minutes) - int(np.count_nonzero(known_of_minutes)),
        int(np.count_nonzero(columns.distances_miles > SUSPECT_DISTANCE_MILES)),
        n - len(minutes),
    )
    return b"".join((_opening(scorer.model_version), batch.serialize(), _END))


@lru_cache(maxsize=2)  # the version that scores, and the one before it, which requests in flight may still hold
def _versions(version: str) -> Any:
    """A model's version, as often as a request may need it."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(MOST_RIDES, np.int8)), pa.array([version]))


@cache
def _no_errors() -> Any:
    return pa.nulls(MOST_RIDES, pa.string())


@lru_cache(maxsize=2)
def _opening(version: str) -> bytes:
    """What a stream holds before its batch, the schema and the version: the same bytes each time, dear to write."""
    empty = pa.record_batch(
        [_versions(version)[:0] if field.name == "model_version" else pa.nulls(0, field.type) for field in SCHEMA],
        schema=SCHEMA,
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, SCHEMA) as writer:
        writer.write_batch(empty)
    stream: bytes = sink.getvalue().to_pybytes()
    return stream.removesuffix(_END).removesuffix(empty.serialize().to_pybytes())


def _now(n: int) -> Any:
    """The time, n times."""
    microseconds = np.full(n, time.time_ns() // 1_000)
    return pa.Array.from_buffers(_MOMENT, n, [None, pa.py_buffer(microseconds)])


@dataclass(frozen=True, slots=True)
class _Rides:
    """The rides of a stream: columns (whose values mean nothing where a ride is not sound), and what was sent."""

    judged: JudgedRides
    sent: dict[str, Any]
    ids: Any | None

    @property
    def columns(self) -> RideColumns:
        return self.judged.columns

    @property
    def sound(self) -> BoolArray:
        return self.judged.sound

    @classmethod
    def read(cls, body: bytes) -> "_Rides":
        sent = _sent_columns(body)
        judged = judge(sent)
        return cls(judged, sent, sent.get("ride_id"))

    def names(self, request_id: str) -> Any:
        """The id of each ride: its own, or the request's with its place."""
        if self.ids is not None and not self.ids.null_count:
            return self.ids
        made = numbered_names(request_id, len(self.sound))
        return made if self.ids is None else pc.coalesce(self.ids, made)

    def wrong(self, row: int) -> str:
        """What is wrong with a ride, in the words of every door."""
        field = next(name for name, broken in self.judged.broken.items() if broken[row])
        return str(fault_of(field, self.sent[field][row].as_py()))


def _sent_columns(body: bytes) -> dict[str, Any]:
    try:
        check_count(check_messages(body))
        with pa.ipc.open_stream(body, options=_ONE_THREAD) as reader:
            schema = reader.schema
            places = {name: schema.get_all_field_indices(name) for name in RULES}
            _check_columns(places)
            batches = list(reader)
        sent = {name: _one(schema, batches, found[0]) for name, found in places.items() if found}
        for column in sent.values():
            column.validate(full=True)
    except (pa.ArrowException, OSError, struct.error, IndexError, ValueError) as error:
        raise malformed(f"the body is no Arrow IPC stream: {str(error)[:200]}") from None
    check_count(len(sent["trip_distance"]))
    return {name: _sent(name, column) for name, column in sent.items()}


def _one(schema: Any, batches: list[Any], place: int) -> Any:
    """One array of a column's parts."""
    if len(batches) == 1:
        return batches[0].column(place)
    parts = [batch.column(place) for batch in batches]
    for part in parts:
        part.validate(full=True)  # before they are copied
    return pa.concat_arrays(parts) if parts else pa.array([], schema.field(place).type)


def _check_columns(places: dict[str, list[int]]) -> None:
    for name, found in places.items():
        if len(found) > 1:
            raise _bad_column(name, f"is there {len(found)} times")
        if not found and name in _REQUIRED:
            raise _bad_column(name, "is missing")


def _bad_column(name: str, reason: str) -> Problem:
    detail = f"the column {name} {reason}"
    return Problem(400, "invalid-ride", "The rides break a rule", detail, errors=[FieldError(name, reason)])


def _sent(name: str, array: Any) -> Any:
    """The column as a type that the rules know."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        array = array.dictionary_decode()
        kind = array.type
    if pa.types.is_null(kind):
        return array.cast(pa.string() if name == "ride_id" else pa.float64())
    if name == "ride_id":
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)):
            raise _bad_column(name, f"must be a column of strings, not {str(kind)[:60]}")
        return array.cast(pa.string())
    if not (pa.types.is_integer(kind) or pa.types.is_float32(kind) or pa.types.is_float64(kind)):
        raise _bad_column(name, f"must be a column of integers or floats, not {str(kind)[:60]}")
    return array


def _spread(
    rides: _Rides, scored: ScoredColumns, failures: dict[int, ModelFailed]
) -> tuple[FloatArray, BoolArray, list[str | None]]:
    """Put scores at the places of their rides: NaN, and what is wrong, where there is none."""
    n = len(rides.sound)
    durations, known = np.full(n, np.nan), np.zeros(n, dtype=bool)
    places = np.flatnonzero(rides.sound)
    durations[places] = np.where(scored.failed, np.nan, scored.durations_minutes)
    known[places] = scored.known_routes
    errors: list[str | None] = [None] * n
    for row in np.flatnonzero(~rides.sound).tolist():
        errors[row] = rides.wrong(row)
    for place in np.flatnonzero(scored.failed).tolist():
        minutes = scored.durations_minutes[place]
        why = failures.get(place) or f"the model gave {minutes} minutes, which is no duration"
        errors[int(places[place])] = str(why)
    return durations, known, errors
