"""Metrics: the names that dashboards and alerts rely on."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.parser import text_string_to_metric_families

from scoring.metrics import Metrics, observe_all

# name -> (type, labels), as the design fixes them; only what this release has
NAMED = {
    "ridescore_rides_total": ("counter", ("door", "outcome")),
    "ridescore_score_seconds": ("histogram", ("door",)),
    "ridescore_batch_rides": ("histogram", ("door",)),
    "ridescore_predicted_minutes": ("histogram", ("door",)),
    "ridescore_unknown_routes_total": ("counter", ("door",)),
    "ridescore_suspect_rides_total": ("counter", ("reason",)),
    "ridescore_request_seconds": ("histogram", ("route", "status")),
    "ridescore_requests_in_flight": ("gauge", ()),
    "ridescore_lag_records": ("gauge", ("topic", "partition")),
    "ridescore_event_age_seconds": ("histogram", ()),
    "ridescore_transactions_total": ("counter", ("result",)),
    "ridescore_dead_letters_total": ("counter", ("reason",)),
    "ridescore_unreadable_records_total": ("counter", ()),
    "ridescore_rebalances_total": ("counter", ()),
    "ridescore_model_info": ("gauge", ("version",)),
}


def of(metrics: Metrics) -> dict[str, MetricWrapperBase]:
    """Each metric by its name in an exposition."""
    found = {}
    for each in vars(metrics).values():
        if isinstance(each, MetricWrapperBase):
            (family,) = each.describe()
            found[family.name + ("_total" if family.type == "counter" else "")] = each
    return found


def exposed(registry: CollectorRegistry) -> dict[str, Any]:
    return {family.name: family for family in text_string_to_metric_families(generate_latest(registry).decode())}


@pytest.mark.parametrize("name", NAMED)
def test_each_metric_has_the_name_type_and_labels_of_the_design(name: str) -> None:
    metric = of(Metrics(CollectorRegistry()))[name]
    (family,) = metric.describe()
    assert (family.type, metric._labelnames) == NAMED[name]


def test_every_metric_is_ours_by_prefix_and_says_what_it_counts() -> None:
    for name, metric in of(Metrics(CollectorRegistry())).items():
        (family,) = metric.describe()
        assert name.startswith("ridescore_")
        assert family.documentation[0].isupper() or family.documentation[0].isdigit()
        assert family.documentation.endswith(".")


def test_an_exposition_parses_and_holds_what_was_counted() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    metrics.rides.labels("stream", "scored").inc(3)
    metrics.score_seconds.labels("stream").observe(0.002)
    metrics.predicted_minutes.labels("http").observe(1e9)
    metrics.lag_records.labels("rides", "3").set(1042)
    metrics.dead_letters.labels('a "quoted"\nreason\\').inc()
    metrics.model_info.labels("20210101-000000-abcdef").set(1)
    families = exposed(registry)
    (rides,) = [each for each in families["ridescore_rides"].samples if each.name == "ridescore_rides_total"]
    assert (rides.labels, rides.value) == ({"door": "stream", "outcome": "scored"}, 3.0)
    (lag,) = families["ridescore_lag_records"].samples
    assert (lag.labels, lag.value) == ({"topic": "rides", "partition": "3"}, 1042.0)
    letters = [each for each in families["ridescore_dead_letters"].samples if each.name.endswith("_total")]
    assert [each.labels["reason"] for each in letters] == ['a "quoted"\nreason\\']
    buckets = [each for each in families["ridescore_predicted_minutes"].samples if each.name.endswith("_bucket")]
    assert [each.value for each in buckets] == [0.0] * (len(buckets) - 1) + [1.0]


@pytest.mark.parametrize("name", [name for name, (kind, _labels) in NAMED.items() if kind == "histogram"])
def test_buckets_ascend_to_infinity(name: str) -> None:
    bounds = of(Metrics(CollectorRegistry()))[name]._kwargs["buckets"]
    assert list(bounds) == sorted(set(bounds))
    assert all(math.isfinite(bound) for bound in bounds)


def test_metrics_in_two_registries_do_not_meet() -> None:
    one, other = CollectorRegistry(), CollectorRegistry()
    first, second = Metrics(one), Metrics(other)
    first.rebalances.inc()
    assert one.get_sample_value("ridescore_rebalances_total") == 1.0
    assert other.get_sample_value("ridescore_rebalances_total") == 0.0
    assert (first.registry, second.registry) == (one, other)


def test_metrics_twice_in_one_registry_are_refused() -> None:
    registry = CollectorRegistry()
    Metrics(registry)
    with pytest.raises(ValueError, match="Duplicated timeseries"):
        Metrics(registry)


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1.0, 2.0, 60.0, 120.0, 120.5]), max_size=50))
def test_observing_all_at_once_counts_as_one_by_one(minutes: list[float]) -> None:
    together, alone = Metrics(CollectorRegistry()), Metrics(CollectorRegistry())
    observe_all(together.predicted_minutes.labels("stream"), minutes)
    alone_histogram = alone.predicted_minutes.labels("stream")
    for each in minutes:
        alone_histogram.observe(each)
    one, other = (exposed(metrics.registry)["ridescore_predicted_minutes"].samples for metrics in (together, alone))
    for ours, theirs in zip(one, other, strict=True):
        if ours.name.endswith("_created"):
            continue
        assert (ours.name, ours.labels) == (theirs.name, theirs.labels)
        assert ours.value == pytest.approx(theirs.value, rel=1e-9, abs=1e-6)  # sums are added in another order
