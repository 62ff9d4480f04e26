"""Calls to a Redis that is slow, full, killed and back: never longer than they were given."""

import subprocess
import sys

import pytest
from pydantic import SecretStr

from scoring.errors import RedisUnavailable
from scoring.redis.link import RedisLink

from .conftest import WAIT_SECONDS, OwnRedis, wait_until


def answers(link: RedisLink) -> bool:
    try:
        return bool(link.call(lambda redis: redis.ping(), WAIT_SECONDS, insist=True))
    except RedisUnavailable:
        return False


def test_a_redis_that_is_paused_and_resumed(own_redis: OwnRedis) -> None:
    link = RedisLink(own_redis.url)
    assert answers(link)
    own_redis.pause()
    for _ in range(20):
        with pytest.raises(RedisUnavailable):  # a call that waited for an answer would never end
            link.call(lambda redis: redis.set("ride", "1"))
    assert link.outage.state == "down"
    own_redis.resume()
    wait_until(lambda: answers(link), "Redis answers again")
    assert link.outage.state == "up"
    link.close()


def test_a_redis_that_is_full_refuses_and_holds_nobody_up(own_redis: OwnRedis) -> None:
    own_redis.fill()
    link = RedisLink(own_redis.url)
    with pytest.raises(RedisUnavailable, match="maxmemory"):
        link.call(lambda redis: redis.set("ride", "1"), WAIT_SECONDS)
    assert answers(link), "what is not a write still passes"
    link.close()


def test_a_redis_that_is_killed_and_started_again(own_redis: OwnRedis) -> None:
    link = RedisLink(own_redis.url)
    assert answers(link)
    own_redis.kill()
    assert not answers(link)
    own_redis.restart()
    wait_until(lambda: answers(link), "Redis answers again")
    link.close()


def test_a_wrong_password_is_told_without_it(own_redis: OwnRedis, caplog: pytest.LogCaptureFixture) -> None:
    with own_redis.client() as client:
        client.config_set("requirepass", "right")
    link = RedisLink(SecretStr(own_redis.url.get_secret_value().replace("//", "//:wr0ng@")))
    with pytest.raises(RedisUnavailable, match=r"WRONGPASS|invalid") as caught:
        link.call(lambda redis: redis.ping(), WAIT_SECONDS)
    assert "wr0ng" not in str(caught.value)
    assert "wr0ng" not in caplog.text
    link.close()


IMPORTS = """
import sys
from pydantic import SecretStr
from scoring.redis.link import open_redis

redis = open_redis(SecretStr(sys.argv[1]), 10.0, 2)
before = set(sys.modules)
with redis.pubsub() as subscription:
    subscription.subscribe("anything")
    assert subscription.get_message(timeout=10) is not None
    subscription.get_message(timeout=0.1)
print(*sorted(set(sys.modules) - before))
"""


def test_nothing_is_imported_once_the_client_is_made(own_redis: OwnRedis) -> None:
    """A fork in the midst of an import, which only the making of the client guards, would stop the child's for ever."""
    words = [sys.executable, "-c", IMPORTS, own_redis.url.get_secret_value()]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=WAIT_SECONDS * 2, check=False)
    assert (ended.returncode, ended.stdout.split()) == (0, []), ended.stderr
