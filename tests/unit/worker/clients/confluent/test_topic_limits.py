"""Batches stay below what their topic takes."""

import logging
from collections.abc import Callable

import pytest

from worker.clients.client import Outgoing
from worker.clients.confluent.configuration import BATCH_BYTES
from worker.clients.confluent.topic_limits import TopicLimits, largest_bytes


def test_a_topic_is_asked_about_once() -> None:
    asked: list[str] = []
    limits = TopicLimits(lambda topic: asked.append(topic) or 5_000)
    assert limits.batch_bytes("small") == limits.batch_bytes("small") < 5_000
    assert asked == ["small"]


@pytest.mark.parametrize("told", [None, 1_048_588, 50_000_000])
def test_a_topic_that_takes_more_or_tells_nothing_gets_whole_batches(told: int | None) -> None:
    assert TopicLimits(lambda _topic: told).batch_bytes("rides") == BATCH_BYTES


def test_in_doubt_it_is_asked_again() -> None:
    answers = iter([1_048_588, 5_000])
    limits = TopicLimits(lambda _topic: next(answers))
    limits.batch_bytes("rides")
    limits.doubt("rides")
    assert 0 < limits.batch_bytes("rides") < 5_000


@pytest.mark.parametrize("told", [None, 5_000])
def test_where_nothing_new_is_heard_records_go_alone(told: int | None, caplog: pytest.LogCaptureFixture) -> None:
    limits = TopicLimits(lambda _topic: told)
    limits.batch_bytes("rides")
    with caplog.at_level(logging.WARNING):
        limits.doubt("rides")
    assert limits.batch_bytes("rides") == 0
    assert "one by one" in caplog.text


def test_the_size_of_a_record_counts_all_of_it(outgoing: Callable[..., Outgoing]) -> None:
    base = largest_bytes(outgoing(b""))
    assert largest_bytes(outgoing(b"x" * 50)) == base + 50
    assert largest_bytes(outgoing(None)._replace(key=None, headers=[])) < base
    assert largest_bytes(outgoing(b"")._replace(headers=[("é" * 10, b"x" * 100)])) >= base + 100 + 20 - 5
