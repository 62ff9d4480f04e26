"""What a batch leaves in the metrics and the log."""

import logging
import time
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from scoring.metrics import Metrics, observe_all
from scoring.scorer import Scorer
from worker.batch import Batch
from worker.clients.client import Partition, Place
from worker.clients.memory_broker import MemoryRecord
from worker.report import BatchReport
from worker.scored_batch import ScoredBatch, score_batch

NewRecord = Callable[..., MemoryRecord]
NewBatch = Callable[..., Batch]


def reported(batch: Batch, scorer: Scorer, ends: dict[Partition, int]) -> Callable[..., float | None]:
    metrics = Metrics(CollectorRegistry())
    BatchReport(metrics).committed(batch, score_batch(batch, scorer, "predictions", "letters"), 0.02, ends)
    return metrics.registry.get_sample_value


def test_lag_is_what_is_left_after_the_batch(record: NewRecord, batch_of: NewBatch, scorer: Scorer) -> None:
    batch = batch_of(*(record(partition=partition, offset=9) for partition in range(3)))
    count = reported(batch, scorer, {Partition("rides", 0): 10, Partition("rides", 1): 25})
    assert count("ridescore_lag_records", {"topic": "rides", "partition": "0"}) == 0
    assert count("ridescore_lag_records", {"topic": "rides", "partition": "1"}) == 15
    assert count("ridescore_lag_records", {"topic": "rides", "partition": "2"}) is None, "its end is not known"


def test_lag_is_never_negative(record: NewRecord, batch_of: NewBatch, scorer: Scorer) -> None:
    """The end is as of the last fetch, which may be older than the batch."""
    count = reported(batch_of(record(offset=99)), scorer, {Partition("rides", 3): 50})
    assert count("ridescore_lag_records", {"topic": "rides", "partition": "3"}) == 0


def test_the_age_is_that_of_the_oldest_ride(
    record: NewRecord, batch_of: NewBatch, scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_000.0)
    batch = batch_of(record(timestamp=999_000), record(timestamp=-1), record(timestamp=996_000))
    count = reported(batch, scorer, {})
    assert count("ridescore_event_age_seconds_sum") == 4.0
    assert count("ridescore_event_age_seconds_count") == 1


@pytest.mark.parametrize(("timestamp", "ages"), [(2_000_000, 1), (-1, 0)], ids=["of the future", "without time"])
def test_odd_times_do_no_harm(
    timestamp: int,
    ages: int,
    record: NewRecord,
    batch_of: NewBatch,
    scorer: Scorer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_000.0)
    count = reported(batch_of(record(timestamp=timestamp)), scorer, {})
    assert count("ridescore_event_age_seconds_count") == ages
    assert count("ridescore_event_age_seconds_sum") == 0.0


def test_scoring_time_and_size_are_observed_once(record: NewRecord, batch_of: NewBatch, scorer: Scorer) -> None:
    count = reported(batch_of(record(), record(offset=1043, value=None)), scorer, {})
    assert count("ridescore_score_seconds_count", {"door": "stream"}) == 1
    assert count("ridescore_score_seconds_sum", {"door": "stream"}) == 0.02
    assert count("ridescore_batch_rides_sum", {"door": "stream"}) == 2
    assert count("ridescore_predicted_minutes_count", {"door": "stream"}) == 1


def test_records_that_no_client_could_parse_are_counted_apart(
    record: NewRecord, batch_of: NewBatch, scorer: Scorer
) -> None:
    records = batch_of(record(), record(offset=1043), record(offset=1044, value=b"{")).records
    batch = Batch(records, batch_of().membership, {Place("rides", 3, 1043): "its checksum is wrong"})
    count = reported(batch, scorer, {})
    assert count("ridescore_unreadable_records_total") == 1
    assert count("ridescore_dead_letters_total", {"reason": "undecodable"}) == 2


def test_the_first_dead_letter_of_a_batch_is_logged_without_its_content(
    record: NewRecord, batch_of: NewBatch, scorer: Scorer, caplog: pytest.LogCaptureFixture
) -> None:
    batch = batch_of(record(), record(offset=1043, value=b"\xffsecret"), record(offset=1044, value=None))
    with caplog.at_level(logging.WARNING, "worker.report"):
        reported(batch, scorer, {})
    (line,) = caplog.records
    found = {name: getattr(line, name) for name in ("topic", "partition", "offset", "reason", "dead_letters")}
    assert found == {"topic": "rides", "partition": 3, "offset": 1043, "reason": "undecodable", "dead_letters": 2}
    assert "secret" not in caplog.text


def test_a_lost_transaction_counts_nothing_else() -> None:
    metrics = Metrics(CollectorRegistry())
    BatchReport(metrics).lost()
    totals = {
        (sample.name, *sample.labels.values()): sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.value and not sample.name.endswith("_created")
    }
    assert totals == {("ridescore_transactions_total", "lost"): 1.0}


def test_a_batch_without_predictions_observes_none(record: NewRecord, batch_of: NewBatch, scorer: Scorer) -> None:
    batch = batch_of(record(value=None))
    found: ScoredBatch = score_batch(batch, scorer, "predictions", "letters")
    assert found.reasons == Counter({"tombstone": 1})
    count = reported(batch, scorer, {})
    assert count("ridescore_predicted_minutes_count", {"door": "stream"}) in (0, None)


_minutes = st.floats(-10, 200) | st.sampled_from([0.0, 1.0, 2.0, 5.0, 60.0, 120.0, 120.1, 1e12])


@given(st.lists(_minutes, max_size=60))
def test_observing_many_at_once_counts_as_observing_each(values: list[float]) -> None:
    each, at_once = Metrics(CollectorRegistry()), Metrics(CollectorRegistry())
    expected, found = (metrics.predicted_minutes.labels("stream") for metrics in (each, at_once))
    for value in values:
        expected.observe(value)
    observe_all(found, values)
    samples = [
        {
            (sample.name, sample.labels.get("le")): sample.value
            for family in metrics.registry.collect()
            if family.name == "ridescore_predicted_minutes"
            for sample in family.samples
            if not sample.name.endswith("_created")
        }
        for metrics in (each, at_once)
    ]
    assert samples[0].keys() == samples[1].keys()
    assert samples[1] == pytest.approx(samples[0], rel=1e-12, abs=1e-9)
    counts = [{name: value for name, value in part.items() if "sum" not in name[0]} for part in samples]
    assert counts[0] == counts[1], "counts are equal, not only near"
