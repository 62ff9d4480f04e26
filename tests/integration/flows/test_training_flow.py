"""The training flow on a real Prefect server: a challenge, and its verdict on the page."""

import pytest
from prefect.client.orchestration import SyncPrefectClient

from flows.train_and_register import train_and_register
from scoring.errors import SettingsError
from scoring.registry.registry import Registry

from .conftest import Site, artifacts

WORSE = {"model": "ridge", "parameters": {"alpha": 1e9}}


def test_only_a_better_version_is_activated_and_the_page_says_why(site: Site, prefect: SyncPrefectClient) -> None:
    registry = Registry(str(site.root / "models"))
    before = registry.chosen()
    better = train_and_register(model="ridge")
    assert better.activated
    assert (registry.chosen().version, registry.chosen().previous) == (better.version, before.version)

    state = train_and_register(**WORSE, return_state=True)
    worse = state.result()
    assert not worse.activated
    assert registry.chosen().version == better.version
    assert worse.version in registry.versions()
    page = artifacts(prefect, state.state_details.flow_run_id)
    assert f"# {worse.version} is registered, but not activated" in page["ridescore-summary"].data
    assert better.version in page["ridescore-table"].data
    assert float(page["ridescore-progress"].data) == 100.0


def test_followers_are_told_over_redis(
    site: Site, prefect: SyncPrefectClient, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from redis import Redis

    from scoring.redis.look_now import CHANNEL

    monkeypatch.setenv("REDIS_URL", redis_url)
    with Redis.from_url(redis_url) as redis, redis.pubsub() as heard:
        heard.subscribe(CHANNEL)
        assert heard.get_message(timeout=5)["type"] == "subscribe"
        verdict = train_and_register(model="ridge")
        assert verdict.activated
        assert verdict.version.encode() in heard.get_message(timeout=5)["data"]


def test_one_month_is_not_enough(site: Site, prefect: SyncPrefectClient) -> None:
    for month in sorted(site.landing.iterdir())[1:]:
        month.unlink()
    with pytest.raises(SettingsError, match="add a month"):
        train_and_register()
