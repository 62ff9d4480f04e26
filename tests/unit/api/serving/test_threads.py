"""Work in threads and the way back: all of it is done, in order where one thread does it, whatever fails."""

import asyncio
import threading

import pytest

from api.serving.threads import Threads, WayBack


def test_closing_waits_for_what_was_submitted() -> None:
    done: list[int] = []
    threads = Threads(1, "one")
    for number in range(100):
        threads.submit(done.append, number)
    threads.close()
    assert done == list(range(100))


def test_work_that_fails_stops_no_thread(caplog: pytest.LogCaptureFixture) -> None:
    done: list[int] = []
    threads = Threads(1, "one")
    threads.submit(int, "no number")
    threads.submit(done.append, 1)
    threads.close()
    assert done == [1]
    assert "a request could not be answered" in caplog.text


def test_all_that_threads_hand_in_comes_back_in_the_loops_thread(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.new_event_loop()
    way_back = WayBack(loop)
    threads = Threads(8, "some")
    seen: list[tuple[int, int]] = []

    def see(number: int) -> None:
        seen.append((number, threading.get_ident()))
        if len(seen) == 5_000:
            loop.stop()
        if number % 1_000 == 7:
            raise ValueError("one of them fails")

    for number in range(5_000):
        threads.submit(way_back.call, see, number)
    loop.run_forever()
    threads.close()
    loop.close()
    assert sorted(number for number, _thread in seen) == list(range(5_000))
    assert {thread for _number, thread in seen} == {threading.get_ident()}
    assert "one of them fails" in caplog.text
