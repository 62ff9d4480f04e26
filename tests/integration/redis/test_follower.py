"""A follower in its thread, told by a real Redis that is paused, filled, killed and started again."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from local_services.ports import free_port
from scoring.errors import ModelNotFound
from scoring.following.follower import Follower
from scoring.metrics import Metrics
from scoring.redis.link import RedisLink
from scoring.redis.look_now import CHANNEL, announce
from scoring.settings.model_settings import ModelSettings
from scoring.settings.redis_settings import RedisSettings

from .conftest import RIDE, WAIT_SECONDS, OwnRedis, Shelf, wait_until

NEVER_SECONDS = 3600.0


class Following:
    """Followers that poll never, or often, and one link to announce by."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.first, self.second = shelf.minutes
        self.followers: list[Follower] = []
        self.metrics = Metrics(CollectorRegistry())

    def follow(self, url: SecretStr | None, poll_seconds: float = NEVER_SECONDS) -> Follower:
        model = ModelSettings(registry=str(self.shelf.folder), poll_seconds=poll_seconds)
        follower = Follower(model, RedisSettings(url=url), self.metrics).start()
        self.followers.append(follower)
        return follower

    def activate(self, version: str, url: SecretStr | None = None) -> None:
        active = self.shelf.registry.activate(version)
        if url is not None:
            link = RedisLink(url)
            announce(link, active, WAIT_SECONDS)
            link.close()


@pytest.fixture
def here(shelf: Shelf) -> Iterator[Following]:
    following = Following(shelf)
    yield following
    for follower in following.followers:
        follower.close()


def scores(follower: Follower, version: str) -> bool:
    """Whether it scores with that version, and with its number."""
    prediction = follower.current().score(RIDE, "one")
    return prediction.model_version == version


def test_without_redis_a_poll_sees_it(here: Following) -> None:
    follower = here.follow(None, poll_seconds=0.1)
    assert follower.redis_state == "not configured"
    assert scores(follower, here.first)
    here.activate(here.second)
    wait_until(lambda: scores(follower, here.second), "the poll saw it")
    assert follower.current().score(RIDE, "one").duration == here.shelf.minutes[here.second]


def test_an_announcement_is_seen_without_a_poll_by_all(here: Following, redis_url: str) -> None:
    url = SecretStr(redis_url)
    followers = [here.follow(url) for _ in range(3)]
    wait_until(lambda: all(each.redis_state == "up" for each in followers), "all listen")
    here.activate(here.second, url)
    wait_until(lambda: all(scores(each, here.second) for each in followers), "all were told")
    active = here.shelf.registry.rollback()
    link = RedisLink(url)
    announce(link, active, WAIT_SECONDS)
    link.close()
    wait_until(lambda: all(scores(each, here.first) for each in followers), "all were told of the rollback")


def test_a_model_that_appears_later_is_picked_up(here: Following, own_redis: OwnRedis) -> None:
    (here.shelf.folder / "ACTIVE").rename(here.shelf.folder / "gone")
    follower = here.follow(own_redis.url)
    with pytest.raises(ModelNotFound):
        follower.current()
    wait_until(lambda: follower.redis_state == "up", "it listens")
    here.activate(here.second, own_redis.url)
    wait_until(lambda: not follower.problem, "it was told")
    assert scores(follower, here.second)


def test_what_was_missed_while_redis_was_dead_is_seen_when_it_is_back(here: Following, own_redis: OwnRedis) -> None:
    follower = here.follow(own_redis.url)
    wait_until(lambda: follower.redis_state == "up", "it listens")
    own_redis.kill()
    wait_until(lambda: follower.redis_state == "down", "it noticed")
    here.activate(here.second)
    assert scores(follower, here.first), "it polls in an hour only"
    own_redis.restart()
    wait_until(lambda: scores(follower, here.second), "it looked when it was connected again")
    assert follower.redis_state == "up"
    active = here.shelf.registry.rollback()
    with own_redis.client() as client:
        assert client.publish(CHANNEL, "whatever it says") == 1
    wait_until(lambda: scores(follower, active.version), "and it hears again")


def test_a_paused_redis_is_noticed_and_polling_goes_on(here: Following, own_redis: OwnRedis) -> None:
    follower = here.follow(own_redis.url, poll_seconds=0.2)
    wait_until(lambda: follower.redis_state == "up", "it listens")
    own_redis.pause()
    here.activate(here.second)
    wait_until(lambda: scores(follower, here.second), "the poll saw it")
    wait_until(lambda: follower.redis_state == "down", "it noticed that nothing is answered")
    late = here.follow(own_redis.url, poll_seconds=0.2)
    assert scores(late, here.second), "a process starts all the same"
    own_redis.resume()
    wait_until(lambda: follower.redis_state == late.redis_state == "up", "both listen again")
    errors = here.metrics.registry.get_sample_value("ridescore_redis_errors_total")
    assert errors is not None
    assert errors >= 1


def test_a_full_redis_still_tells(here: Following, own_redis: OwnRedis) -> None:
    own_redis.fill()
    follower = here.follow(own_redis.url)
    wait_until(lambda: follower.redis_state == "up", "it listens")
    here.activate(here.second, own_redis.url)
    wait_until(lambda: scores(follower, here.second), "it was told")


def test_a_redis_that_is_not_there_is_not_in_the_way(here: Following) -> None:
    follower = here.follow(SecretStr(f"redis://127.0.0.1:{free_port()}/0"), poll_seconds=0.1)
    here.activate(here.second)
    wait_until(lambda: scores(follower, here.second), "the poll saw it")
    wait_until(lambda: follower.redis_state == "down", "and it is told")


def test_closing_ends_the_threads_and_keeps_the_scorer(here: Following, own_redis: OwnRedis) -> None:
    before = set(threading.enumerate())
    follower = here.follow(own_redis.url)
    wait_until(lambda: follower.redis_state == "up", "it listens")
    assert {each.name for each in set(threading.enumerate()) - before} == {"model-follower", "look-now"}
    follower.close()
    assert set(threading.enumerate()) <= before
    assert scores(follower, here.first)


FORKS = """
import os, sys, time
from prometheus_client import CollectorRegistry
from scoring.following.follower import Follower
from scoring.metrics import Metrics
from scoring.registry.registry import Registry
from scoring.settings.model_settings import ModelSettings
from scoring.settings.redis_settings import RedisSettings

location, version, url = sys.argv[1:]
model = ModelSettings(registry=location, poll_seconds=3600)
follower = Follower(model, RedisSettings(url=url), Metrics(CollectorRegistry())).start()
read, write = os.pipe()
child = os.fork()
deadline = time.monotonic() + 60
while follower.redis_state != "up" and time.monotonic() < deadline:
    time.sleep(0.01)
if child == 0:
    os.write(write, b"x")
else:
    os.read(read, 1)  # the child listens, too
    from redis import Redis
    active = Registry(location).activate(version)
    Redis.from_url(url).publish("ridescore.look-now", "")
while follower.current().model_version != version and time.monotonic() < deadline:
    time.sleep(0.01)
followed = follower.current().model_version == version
follower.close()
if child == 0:
    os._exit(0 if followed else 3)
sys.exit(0 if followed and os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0 else 4)
"""


def test_a_forked_process_follows_too(here: Following, own_redis: OwnRedis) -> None:
    words = [sys.executable, "-c", FORKS, str(here.shelf.folder), here.second, own_redis.url.get_secret_value()]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=WAIT_SECONDS * 2, check=False)
    assert ended.returncode == 0, ended.stderr


def command(here: Following, *words: str, url: str) -> subprocess.CompletedProcess[str]:
    """Run `ridescore models`."""
    environment = {**os.environ, "MODEL_REGISTRY": str(here.shelf.folder), "REDIS_URL": url}
    environment.pop("MODEL_PATH", None)
    return subprocess.run(
        [sys.executable, "-m", "cli", "models", *words], env=environment, capture_output=True, text=True, check=False
    )


def test_the_commands_announce(here: Following, own_redis: OwnRedis) -> None:
    follower = here.follow(own_redis.url)
    wait_until(lambda: follower.redis_state == "up", "it listens")
    url = own_redis.url.get_secret_value()
    ended = command(here, "activate", here.second, url=url)
    assert (ended.returncode, ended.stderr) == (0, "")
    wait_until(lambda: scores(follower, here.second), "it was told")
    assert command(here, "rollback", "--json", url=url).returncode == 0
    wait_until(lambda: scores(follower, here.first), "it was told of the rollback")


def test_a_command_that_cannot_announce_warns_and_has_done_its_work(here: Following) -> None:
    ended = command(here, "activate", here.second, url=f"redis://:hunter2@127.0.0.1:{free_port()}/0")
    assert ended.returncode == 0
    assert f"{here.second} is active" in ended.stdout
    assert "warning: Redis at 127.0.0.1" in ended.stderr
    assert "within MODEL_POLL_SECONDS=5" in ended.stderr
    assert "hunter2" not in ended.stdout + ended.stderr
    active = here.shelf.registry.active()
    assert active is not None
    assert active.version == here.second
