"""Calls that end in the time they were given, whatever Redis or a name server does."""

import threading
import time
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from local_services.ports import free_port
from scoring.errors import RedisUnavailable
from scoring.redis.link import RedisLink

WAIT_SECONDS = 30.0


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def link(clock: Clock) -> Iterator[RedisLink]:
    """To a port where nobody listens."""
    link = RedisLink(SecretStr(f"redis://127.0.0.1:{free_port()}/0"), clock=clock)
    yield link
    link.close()


def test_nobody_listens(link: RedisLink) -> None:
    with pytest.raises(RedisUnavailable, match=r"did not answer: .*[Rr]efused"):
        link.call(lambda redis: redis.ping(), WAIT_SECONDS)
    assert link.outage.state == "down"


def test_an_outage_is_waited_out_longer_and_longer_unless_one_insists(link: RedisLink, clock: Clock) -> None:
    tries = []

    def fail(_redis: object) -> None:
        tries.append(clock.now)
        raise ConnectionError("no")

    for _ in range(200):
        with pytest.raises(RedisUnavailable):
            link.call(fail, WAIT_SECONDS)
        clock.now += 0.1
    assert 5 <= len(tries) <= 30
    assert tries[-1] - tries[-2] > tries[1] - tries[0]
    with pytest.raises(RedisUnavailable, match="tried again soon"):
        link.call(fail, WAIT_SECONDS)
    count = len(tries)
    with pytest.raises(RedisUnavailable):
        link.call(fail, WAIT_SECONDS, insist=True)
    assert len(tries) == count + 1


def test_a_call_that_hangs_holds_nobody_up(link: RedisLink) -> None:
    go_on = threading.Event()
    with pytest.raises(RedisUnavailable, match="no answer within 10 ms"):
        link.call(lambda _redis: go_on.wait(WAIT_SECONDS), 0.01)
    with pytest.raises(RedisUnavailable, match="has not answered an earlier call"):
        link.call(lambda _redis: True, WAIT_SECONDS, insist=True)
    go_on.set()
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            assert link.call(lambda _redis: 7, WAIT_SECONDS, insist=True) == 7
            break
        except RedisUnavailable:
            assert time.monotonic() < deadline
    assert link.outage.state == "up"


def test_calls_of_many_threads_each_get_their_own_answer(link: RedisLink) -> None:
    answers: dict[int, int] = {}

    def ask(number: int) -> None:
        answers[number] = link.call(lambda _redis: number, WAIT_SECONDS)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_SECONDS)
    assert answers == {number: number for number in range(20)}


def test_a_closed_link_may_be_used_again(link: RedisLink) -> None:
    link.close()
    assert link.call(lambda _redis: 1, WAIT_SECONDS) == 1
