"""One warning for an outage, a count of every failure, and never a password."""

import logging

import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from scoring.metrics import Metrics
from scoring.redis.outage import Outage

URL = SecretStr("redis://ridescore:hunter2%21@cache.example:6380/0?password=s3cret")


def test_an_outage_is_logged_once_and_its_end_once(caplog: pytest.LogCaptureFixture) -> None:
    metrics = Metrics(CollectorRegistry())
    now = [10.0]
    outage = Outage(URL, metrics.redis_errors, lambda: now[0])
    assert outage.state == "connecting"
    with caplog.at_level(logging.INFO):
        for _ in range(5):
            outage.failed(ConnectionError("refused"))
        assert outage.state == "down"
        now[0] += 3
        outage.answered()
        outage.answered()
        assert outage.state == "up"
        outage.failed("refused")
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "Redis does not answer; going on without it"),
        ("INFO", "Redis answers again"),
        ("WARNING", "Redis does not answer; going on without it"),
    ]
    assert caplog.records[0].__dict__["address"] == "cache.example:6380"
    assert caplog.records[1].__dict__["seconds"] == 3
    assert metrics.registry.get_sample_value("ridescore_redis_errors_total") == 6


@pytest.mark.parametrize("secret", ["hunter2%21", "hunter2!", "s3cret"])
def test_what_a_server_repeats_of_a_password_is_not_shown(secret: str, caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage(URL)
    error = RuntimeError(f"ERR unknown command `AUTH`, with args beginning with: `{secret}`")
    with caplog.at_level(logging.WARNING):
        shown = outage.failed(error)
    assert shown == "ERR unknown command `AUTH`, with args beginning with: `***`"
    assert secret not in repr([record.__dict__ for record in caplog.records])


def test_an_error_without_words_is_named() -> None:
    assert Outage(URL).failed(TimeoutError()) == "TimeoutError"
