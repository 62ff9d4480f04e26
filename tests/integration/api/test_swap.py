"""Versions are swapped under load: the short form of `python -m bench.swap`, which measures the long one."""

from bench.swap.session import Plan, run
from local_services.errors import WayFailed
from local_services.redis_server import find_redis_server
from tests.do_without import do_without


def test_promotions_rollbacks_a_damaged_version_and_a_dead_redis_fail_no_request() -> None:
    try:
        find_redis_server()
    except WayFailed as error:
        do_without(error)
    outcome = run(Plan(rate=200, processes=2, changes=8, poll_seconds=1, clients=1, dwell_seconds=0.1))
    heard = outcome.heard
    assert heard.failures == {}, "a request failed, or a number is not that of the version it names"
    assert heard.answers > 100
    assert len(heard.versions) >= 3
    assert len(outcome.told_seconds) + len(outcome.polled_seconds) == 7
    assert None not in outcome.told_seconds + outcome.polled_seconds, "every process followed every change"
    assert [("has changed" in said) for said in outcome.damaged_seen] == [True, True]
    assert outcome.exit_code == 0
    assert any("Redis does not answer" in line for line in outcome.events)
    assert any("Redis answers again" in line for line in outcome.events)
